import { describe, expect, it } from '@jest/globals';
import { minorUnitsOf } from './decimal.js';
import { decimalOf } from './money.js';

describe('minorUnitsOf', () => {
  it.each([
    ['12.50', 'EUR', 1250],
    ['12.5', 'EUR', 1250],
    ['12', 'EUR', 1200],
    ['0.29', 'EUR', 29],
    ['1250', 'JPY', 1250],
    ['1.005', 'BHD', 1005],
    ['10000000.00', 'EUR', 1_000_000_000],
  ])('reads %s %s as %d', (decimal, currency, amount) => {
    expect(minorUnitsOf(decimal, currency)).toBe(amount);
    expect(minorUnitsOf(decimalOf({ amount, currency }), currency)).toBe(amount);
  });

  it.each([
    ['12.505', 'EUR', 'EUR has 2 decimals, and no more.'],
    ['12.0', 'JPY', 'JPY has 0 decimals, and no more.'],
    ['12,50', 'EUR', 'Must be a decimal number such as 12.50.'],
    ['1e3', 'EUR', 'Must be a decimal number such as 12.50.'],
    ['-1', 'EUR', 'Must be a decimal number such as 12.50.'],
    ['.5', 'EUR', 'Must be a decimal number such as 12.50.'],
    ['', 'EUR', 'Must be a decimal number such as 12.50.'],
    ['12345678901234567890', 'EUR', 'Must be a decimal number such as 12.50.'],
  ])('refuses %s %s', (decimal, currency, message) => {
    expect(minorUnitsOf(decimal, currency)).toBe(message);
  });
});
