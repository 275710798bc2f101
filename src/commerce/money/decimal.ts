import { currencyOf } from './currency.type.js';

const DECIMAL = /^(\d{1,12})(?:\.(\d+))?$/;

/**
 * An amount in major units, `12.50`, in minor ones. Digits are moved, and nothing is calculated, so it is exact.
 *
 * @param currency one that is known
 * @returns what is wrong as a sentence, for what is no such amount
 */
export function minorUnitsOf(decimal: string, currency: string): number | string {
  const { exponent } = currencyOf(currency);
  const [, whole, fraction = ''] = DECIMAL.exec(decimal) ?? [];
  if (whole === undefined) return 'Must be a decimal number such as 12.50.';
  if (fraction.length > exponent) return `${currency} has ${exponent} decimals, and no more.`;
  return Number(whole + fraction.padEnd(exponent, '0'));
}
