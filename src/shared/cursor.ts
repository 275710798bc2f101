import { badField } from './errors.js';
import { textFault } from './graphql/text.validator.js';
import { isUuid } from './ids.js';

/** How the values of an ordered column are written into a cursor and checked when they come back. */
export type KeyType = 'timestamp' | 'integer' | 'bigint' | 'real' | 'text';

/** A place in an ordered list: the ordered column's value there, and the id that breaks ties. */
export interface Position {
  value: string | number | null;
  id: string;
}

/**
 * @param order which order the position belongs to, e.g. `DUE_AT`
 * @returns opaque text; not signed, since all that it can name is a place in the caller's own rows
 */
export function encodeCursor(
  order: string,
  value: Date | string | number | null,
  id: string,
): string {
  return Buffer.from(JSON.stringify([order, value, id])).toString('base64url');
}

/** @throws BAD_USER_INPUT for what was never a cursor, or is one of another order */
export function decodeCursor(order: string, type: KeyType, cursor: string, path: string): Position {
  const [cursorOrder, value, id, ...rest] = parse(cursor);
  if (typeof cursorOrder === 'string' && cursorOrder !== order && isUuid(id)) {
    throw badField(path, 'This cursor belongs to another order.');
  }
  if (cursorOrder !== order || !isUuid(id) || rest.length > 0 || !isKey(type, value)) {
    throw forgedCursor(path);
  }
  return { value, id };
}

/** What to tell somebody whose cursor names a place that no list has. */
export function forgedCursor(path: string) {
  return badField(path, 'This is not a cursor that a list has handed out.');
}

function parse(cursor: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}

function isKey(type: KeyType, value: unknown): value is Position['value'] {
  if (value === null) return true;
  switch (type) {
    case 'timestamp':
      // PostgreSQL has no year 0.
      return typeof value === 'string' && value >= '0001' && isTimestamp(value);
    case 'integer':
      return Number.isInteger(value) && Math.abs(value as number) < 2 ** 31;
    case 'bigint':
      return Number.isSafeInteger(value);
    case 'real':
      return typeof value === 'number' && isReal(Math.abs(value));
    case 'text':
      return textFault(value, { max: 1_000 }) === null;
  }
}

/** Exactly as a Date is written: it must not be read as another day, such as 30 February. */
function isTimestamp(value: string): boolean {
  const date = new Date(value);
  return !Number.isNaN(date.getTime()) && date.toISOString() === value;
}

/** PostgreSQL refuses what a `real` would round to nothing or to infinity. */
function isReal(magnitude: number): boolean {
  return magnitude === 0 || (magnitude >= 1e-37 && magnitude <= 1e37);
}
