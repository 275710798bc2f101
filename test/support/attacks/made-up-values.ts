import { newUuid } from '../../../src/shared/ids.js';
import type { Column } from './table-columns.js';

/** A word that every made-up text of every organization has: what all of them can be searched for. */
export const COMMON_WORD = 'commonground';

/** What the values of an organization are made from. */
export interface Texts {
  /** A word that its texts alone have. */
  word: string;
  /** Values for columns of this name, whatever table they are in. */
  columns?: Record<string, string>;
}

/** A word that nothing else has; long enough for a password. */
export function newWord(): string {
  return `w${newUuid().slice(-12)}`;
}

/** Long ago, so that what the product stamps while it is attacked can be told from it. */
const FIRST_MOMENT = Date.UTC(2020, 0, 1);
const MINUTE = 60_000;

/** How texts can be written: as people do, like a slug, or short. A CHECK may want one of them. */
export const TEXT_STYLES: ((column: string, row: number, word: string) => string)[] = [
  (column, row, word) => `${column} ${row} ${COMMON_WORD} ${word}`,
  (column, row, word) => `${column}-${row}-${COMMON_WORD}-${word}`.replaceAll('_', '-'),
  (_column, row) => `x${row}`,
];

/**
 * A value for a column that holds no key.
 *
 * @param row number of the row; twins have the same one, and so the same moments and almost the same texts
 * @returns undefined where the column's default will do
 * @throws TypeError for a type that nobody has told a value of
 */
export function madeUpValue(
  { table, name, type, hasDefault, nullable }: Column,
  row: number,
  { word, columns }: Texts,
  style: number,
): unknown {
  if (columns?.[name] !== undefined) return columns[name];
  if (type.endsWith('[]')) return [];
  if (name === 'shipping_address') {
    return { name: `somebody ${word}`, line1: 'street 1', city: COMMON_WORD, country: 'DE' };
  }
  // What has not failed says no reason.
  if (name === 'failure') return null;
  if (/^(text|citext|character)/.test(type)) {
    // Who is invited is none of the users.
    if (name === 'currency') return 'EUR';
    if (/e_?mail/.test(name)) return `${table}-${row}@${word}.example.com`.replaceAll('_', '-');
    return TEXT_STYLES[style]?.(name, row, word);
  }
  if (/^(timestamp|date)/.test(type)) return new Date(FIRST_MOMENT + row * MINUTE).toISOString();
  // Enough to be put into a cart, and few enough to be low.
  if (name === 'on_hand' || name === 'low_stock_threshold') return 9;
  if (hasDefault) return undefined;
  if (type === 'uuid') return newUuid();
  // One of a series has it, from 1 on.
  if (name === 'number') return row + 1;
  if (/^(smallint|integer|bigint|numeric|real|double)/.test(type)) return 1;
  if (type === 'boolean') return false;
  if (/^jsonb?$/.test(type)) return {};
  // A SHA-256 has 32 bytes.
  if (type === 'bytea') return name === 'request_hash' ? `\\x${'00'.repeat(32)}` : '\\x00';
  if (nullable) return undefined;
  throw new TypeError(
    `What would be a value of type ${type}, for the column ${name}? Say so in made-up-values.ts.`,
  );
}
