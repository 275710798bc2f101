import { ValidateBy, type ValidationArguments } from 'class-validator';
import { MOST_UNITS } from '../stock/units.validator.js';

/** How many there are of something. Undefined and null pass. */
export function Units(): PropertyDecorator {
  return ValidateBy({
    name: 'units',
    validator: {
      validate: (value) => unitsFault(value) === null,
      defaultMessage: (args?: ValidationArguments) => unitsFault(args?.value) ?? '',
    },
  });
}

/** What is wrong with `value` as a number of units, as a sentence; null when nothing is. */
export function unitsFault(value: unknown): string | null {
  if (value == null) return null;
  const isCount = Number.isInteger(value) && (value as number) >= 0;
  return isCount && (value as number) <= MOST_UNITS
    ? null
    : 'Must be a whole number from 0 to 1,000,000,000.';
}
