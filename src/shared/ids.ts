import { v7 } from 'uuid';
import { decodeUuid, encodeUuid } from './base32-uuid.js';
import { badField } from './errors.js';

/** The prefix of every kind of entity, as it stands before the `_` of a public id. */
export type IdPrefix =
  | 'org'
  | 'user'
  | 'proj'
  | 'task'
  | 'evt'
  | 'sess'
  | 'inv'
  | 'role'
  | 'key'
  | 'sec'
  | 'pub'
  | 'idp'
  | 'cat'
  | 'prod'
  | 'move'
  | 'cart'
  | 'order'
  | 'oevt'
  | 'pay';

/** A new UUIDv7: sortable by time of making (RFC 9562, section 5.7). */
export function newUuid(): string {
  return v7();
}

/** The public form of an id, a TypeID: `task_01jd…`. https://github.com/jetify-com/typeid */
export function encodeId(prefix: IdPrefix, uuid: string): string {
  return `${prefix}_${encodeUuid(uuid)}`;
}

/**
 * The UUID behind a public id.
 *
 * @param path where the id stands in the arguments, for the error
 * @throws BAD_USER_INPUT when it is malformed or has another kind's prefix
 */
export function decodeId(prefix: IdPrefix, id: string, path: string): string {
  const decoded = tryDecodeId(id);
  if (decoded?.prefix !== prefix) throw badField(path, expected(prefix));
  return decoded.uuid;
}

/** What is wrong with a public id of this kind, as a sentence; null when nothing is. */
export function idFault(prefix: IdPrefix, id: unknown): string | null {
  if (id == null) return null;
  return tryDecodeId(String(id))?.prefix === prefix ? null : expected(prefix);
}

function expected(prefix: IdPrefix): string {
  return `Expected an id like ${prefix}_01h455vb4pex5vsknk084sn02q.`;
}

/** Both halves of a public id, or undefined when it is malformed. Each id has exactly one spelling. */
export function tryDecodeId(id: string): { prefix: string; uuid: string } | undefined {
  const separator = id.lastIndexOf('_');
  const uuid = separator > 0 ? decodeUuid(id.slice(separator + 1)) : undefined;
  return uuid === undefined ? undefined : { prefix: id.slice(0, separator), uuid };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether `value` is a UUID in PostgreSQL's output form: lower case, hyphenated. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}
