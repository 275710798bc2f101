import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import { parseTimestamp } from './timestamps.js';

const driver = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ, 'text');

describe('a timestamp', () => {
  it('is read as the driver reads it', () => {
    const moments = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(moments, fc.integer({ min: 0, max: 3 }), (moment, digits) => {
        const [date, time] = moment.toISOString().split('T') as [string, string];
        const fraction = digits === 0 ? '' : `.${time.slice(9, 9 + digits)}`;
        const text = `${date} ${time.slice(0, 8)}${fraction}+00`;
        expect(parseTimestamp(text)).toEqual(driver(text));
        expect(parseTimestamp(text)).toBeInstanceOf(Date);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    '2026-11-21 18:20:45.703+05:30',
    '2026-11-21 18:20:45+05:30',
    '2026-11-21 18:20:45.703123+00',
    '0044-03-15 12:00:00+00 BC',
    '0044-03-15 12:00:00+00',
    '12026-11-21 18:20:45+00',
    'infinity',
    '-infinity',
  ])('is read as the driver reads it: %s', (text) => {
    expect(parseTimestamp(text)).toEqual(driver(text));
  });
});
