import { faultRule } from '../../shared/graphql/index.js';

/** The most that there can be of a product: any sum of two still fits into the column. */
export const MOST_UNITS = 1_000_000_000;

/** A number of units, at most as many as there can be. Undefined and null pass. @param rules.min the fewest */
export function Units(rules: { min: number; isNotZero?: boolean }): PropertyDecorator {
  return faultRule('units', (value) => unitsFault(value, rules));
}

/** What is wrong with a number of units, as a sentence; null when nothing is. */
export function unitsFault(
  units: unknown,
  { min, isNotZero = false }: { min: number; isNotZero?: boolean },
): string | null {
  if (units == null) return null;
  const isWhole = Number.isInteger(units) && (units as number) >= min;
  if (!isWhole || (units as number) > MOST_UNITS) {
    return `Must be a whole number of units, from ${min.toLocaleString('en')} to 1,000,000,000.`;
  }
  return isNotZero && units === 0 ? 'Must not be 0: that would change nothing.' : null;
}
