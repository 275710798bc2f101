import { ValidateBy, type ValidationArguments } from 'class-validator';
import { MOST_OF_PRODUCT } from './cart.limits.js';

/** How many of a product are wanted. Undefined and null pass. */
export function CartQuantity(): PropertyDecorator {
  return ValidateBy({
    name: 'cartQuantity',
    validator: {
      validate: (value) => quantityFault(value) === null,
      defaultMessage: (args?: ValidationArguments) => quantityFault(args?.value) ?? '',
    },
  });
}

/** What is wrong with a quantity, as a sentence; null when nothing is. */
function quantityFault(quantity: unknown): string | null {
  if (quantity == null) return null;
  const isCount = Number.isInteger(quantity) && (quantity as number) >= 1;
  if (isCount && (quantity as number) <= MOST_OF_PRODUCT) return null;
  const expected = 'Must be a whole number from 1 to 9,999.';
  return quantity === 0 ? `${expected} To take a product out, use removeCartItem.` : expected;
}
