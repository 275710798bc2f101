import { IS_DEFINED, ValidateBy } from 'class-validator';

/**
 * For fields that may be left out but not be null: their column always has a value.
 *
 * It goes by the name of class-validator's own check for presence, since type-graphql has every
 * other check skipped for null.
 */
export function NotNull(): PropertyDecorator {
  return ValidateBy({
    name: IS_DEFINED,
    validator: {
      validate: (value) => value !== null,
      defaultMessage: () => 'Must not be null; leave it out to keep it.',
    },
  });
}
