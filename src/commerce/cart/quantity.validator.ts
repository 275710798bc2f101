import { faultRule } from '../../shared/graphql/index.js';
import { MOST_OF_PRODUCT } from './cart.limits.js';

/** How many of a product are wanted. Undefined and null pass. */
export function CartQuantity(): PropertyDecorator {
  return faultRule('cartQuantity', quantityFault);
}

/** What is wrong with a quantity, as a sentence; null when nothing is. */
function quantityFault(quantity: unknown): string | null {
  if (quantity == null) return null;
  const isCount = Number.isInteger(quantity) && (quantity as number) >= 1;
  if (isCount && (quantity as number) <= MOST_OF_PRODUCT) return null;
  const expected = 'Must be a whole number from 1 to 9,999.';
  return quantity === 0 ? `${expected} To take a product out, use removeCartItem.` : expected;
}
