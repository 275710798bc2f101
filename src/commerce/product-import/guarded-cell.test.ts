import { describe, expect, it } from '@jest/globals';
import { guardCell, openCell } from './guarded-cell.js';

describe('a cell', () => {
  it.each(['=1+1', '+1', '-1', '@x', '\tx', '\rx', '\n=x', '＝1', "'=1", "''-x"])(
    'that looks like the formula %j is guarded, and comes back as it was',
    (text) => {
      expect(guardCell(text)).toBe(`'${text}`);
      expect(openCell(guardCell(text))).toBe(text);
    },
  );

  it.each(['', 'a=b', "'", "''", "'tis", "rock'n'roll", '{"a": -1}'])(
    'that looks like the text %j stays as it is',
    (text) => {
      expect(guardCell(text)).toBe(text);
      expect(openCell(text)).toBe(text);
    },
  );
});
