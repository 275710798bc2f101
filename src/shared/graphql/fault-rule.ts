import { ValidateBy, type ValidationArguments } from 'class-validator';

/**
 * The decorator of a rule that is a function.
 *
 * @param name of the rule, as class-validator reports it
 * @param faultOf what is wrong with a value, as a sentence; null when nothing is
 */
export function faultRule(
  name: string,
  faultOf: (value: unknown) => string | null,
): PropertyDecorator {
  return ValidateBy({
    name,
    validator: {
      validate: (value) => faultOf(value) === null,
      defaultMessage: (args?: ValidationArguments) => faultOf(args?.value) ?? '',
    },
  });
}
