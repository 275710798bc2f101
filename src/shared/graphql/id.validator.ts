import { ValidateBy, type ValidationArguments } from 'class-validator';
import { type IdPrefix, idFault } from '../ids.js';

/**
 * A public id of this kind, so that a malformed one is told along with all else that is wrong with
 * the input. Undefined and null pass.
 */
export function PublicId(prefix: IdPrefix): PropertyDecorator {
  return ValidateBy({
    name: 'publicId',
    validator: {
      validate: (value) => idFault(prefix, value) === null,
      defaultMessage: (args?: ValidationArguments) => idFault(prefix, args?.value) ?? '',
    },
  });
}
