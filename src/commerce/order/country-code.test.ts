import { describe, expect, it } from '@jest/globals';
import { isCountryCode } from './country-code.type.js';

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const PAIRS = LETTERS.flatMap((first) => LETTERS.map((second) => first + second));

/** As Node's own data (CLDR) have it. */
const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });

describe('the code of a country', () => {
  it('is one that has a name', () => {
    const countries = PAIRS.filter(isCountryCode);
    expect(countries.filter((code) => names.of(code) === undefined)).toEqual([]);
    // ISO 3166-1 has 249, and Kosovo goes by XK until it has one.
    expect(countries).toHaveLength(250);
  });

  it.each(['DE', 'JP', 'US', 'ZA', 'XK'])('may be %s', (code) => {
    expect(isCountryCode(code)).toBe(true);
  });

  it.each(['de', 'De', 'DEU', 'D', '', 'EU', 'UK', 'AN', 'SU', 'ZZ', 'DE\n', 49, null, undefined])(
    'is not %j',
    (code) => {
      expect(isCountryCode(code)).toBe(false);
    },
  );
});
