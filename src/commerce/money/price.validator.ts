import { faultRule } from '../../shared/graphql/index.js';

/** In minor units; as sql/40-constraints.sql has it. */
const HIGHEST_PRICE = 1_000_000_000;

/** The amount of a price. Undefined and null pass. */
export function Price(): PropertyDecorator {
  return faultRule('price', priceFault);
}

/** What is wrong with the amount of a price, as a sentence; null when nothing is. */
export function priceFault(amount: unknown): string | null {
  if (amount == null) return null;
  const isPrice = Number.isInteger(amount) && (amount as number) >= 0;
  return isPrice && (amount as number) <= HIGHEST_PRICE
    ? null
    : 'Must be a whole number of minor units, from 0 to 1,000,000,000.';
}
