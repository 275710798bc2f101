import { describe, expect, it } from '@jest/globals';
import { decodeCursor, encodeCursor, type KeyType } from './cursor.js';

const ID = '01890a5d-ac96-774b-bcce-b302099a8057';

const forged = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');

const refusal = (message: string) =>
  expect.objectContaining({
    code: 'BAD_USER_INPUT',
    details: { fields: [{ path: 'after', message: expect.stringContaining(message) }] },
  });

describe('a cursor', () => {
  it.each<[KeyType, Date | string | number | null, string | number | null]>([
    ['timestamp', new Date('2025-01-02T03:04:05.678Z'), '2025-01-02T03:04:05.678Z'],
    ['timestamp', null, null],
    ['integer', 4, 4],
    ['integer', 1 - 2 ** 31, 1 - 2 ** 31],
    ['real', 0.607_927_1, 0.607_927_1],
    ['text', 'a "quoted" 🏠\n', 'a "quoted" 🏠\n'],
    ['text', '', ''],
  ])('brings back a place in an order by %s: %p', (type, value, position) => {
    const cursor = encodeCursor('ORDER', value, ID);
    expect(cursor).toMatch(/^[\w-]+$/);
    expect(decodeCursor('ORDER', type, cursor, 'after')).toEqual({ value: position, id: ID });
  });

  it('is refused by another order', () => {
    const cursor = encodeCursor('TITLE', 'a', ID);
    expect(() => decodeCursor('DUE_AT', 'timestamp', cursor, 'after')).toThrow(
      refusal('another order'),
    );
  });

  it.each<[string, KeyType, string]>([
    ['nothing', 'text', ''],
    ['no JSON', 'text', 'abc'],
    ['no list', 'text', Buffer.from('{"0":"ORDER"}').toString('base64url')],
    ['too few parts', 'text', forged('ORDER', 'a')],
    ['too many parts', 'text', forged('ORDER', 'a', ID, 1)],
    ['no UUID', 'text', forged('ORDER', 'a', 'b')],
    ['a number for text', 'text', forged('ORDER', 1, ID)],
    ['text with NUL', 'text', forged('ORDER', 'a\0', ID)],
    ['half a surrogate pair', 'text', forged('ORDER', '\ud800', ID)],
    ['text that is too long', 'text', forged('ORDER', 'x'.repeat(1_001), ID)],
    ['text for a number', 'integer', forged('ORDER', '1', ID)],
    ['a fraction', 'integer', forged('ORDER', 1.5, ID)],
    ['a number beyond 32 bits', 'integer', forged('ORDER', 2 ** 31, ID)],
    ['a number beyond reals', 'real', forged('ORDER', 1e300, ID)],
    ['a date without a time', 'timestamp', forged('ORDER', '2025-01-01', ID)],
    ['a month that never was', 'timestamp', forged('ORDER', '2025-13-01T00:00:00.000Z', ID)],
    ['a day that never was', 'timestamp', forged('ORDER', '2025-02-30T00:00:00.000Z', ID)],
    ['the year 0', 'timestamp', forged('ORDER', '0000-01-01T00:00:00.000Z', ID)],
  ])('is refused when it holds %s', (_fault, type, cursor) => {
    expect(() => decodeCursor('ORDER', type, cursor, 'after')).toThrow(refusal('not a cursor'));
  });
});
