import { isUuid } from './caller-headers.ts';

/** A row's place in the order (created_at, id). */
export interface Position {
  /** ISO 8601; the column keeps milliseconds, so nothing is lost. */
  readonly createdAt: string;
  readonly id: string;
}

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** `2026-01-31T08:00:00.000Z_019c…`: readable, since a benchmark has nothing to hide. */
export function encodeCursor({ createdAt, id }: Position): string {
  return `${createdAt}_${id}`;
}

/** @returns null for what is no cursor */
export function decodeCursor(cursor: string): Position | null {
  const [createdAt, id] = cursor.split('_');
  return createdAt !== undefined && ISO.test(createdAt) && isUuid(id) ? { createdAt, id } : null;
}
