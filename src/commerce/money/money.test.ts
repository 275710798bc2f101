import { describe, expect, it } from '@jest/globals';
import { CurrencyCode } from './currency.type.js';
import { decimalOf } from './money.js';

describe('decimalOf', () => {
  it.each([
    [0, 'EUR', '0.00'],
    [5, 'EUR', '0.05'],
    [-1250, 'EUR', '-12.50'],
    [1250, 'JPY', '1250'],
    [1, 'BHD', '0.001'],
    [Number.MAX_SAFE_INTEGER, 'EUR', '90071992547409.91'],
  ])('writes %d minor units of %s as %s', (amount, currency, decimal) => {
    expect(decimalOf({ amount, currency })).toBe(decimal);
  });
});

describe('CurrencyCode', () => {
  it.each(['EUR', 'JPY', 'BHD'])('takes %s', (code) => {
    expect(CurrencyCode.parseValue(code)).toBe(code);
  });

  it.each(['eur', 'EURO', 'XXX', 'MGA', '', 978, null, 'constructor'])('refuses %j', (code) => {
    expect(() => CurrencyCode.parseValue(code)).toThrow('Expected a currency of ISO 4217');
  });
});
