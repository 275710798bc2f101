import { ValidateBy } from 'class-validator';

/** A day that a calendar can show, of the years 1900 to 9998: its week and its year end before 10000. */
export function LocalDay(): PropertyDecorator {
  return ValidateBy({
    name: 'localDay',
    validator: {
      validate: (value) =>
        typeof value === 'string' && value >= '1900-01-01' && value <= '9998-12-31',
      defaultMessage: () => 'Must be a day of the years 1900 to 9998.',
    },
  });
}
