import { type IdPrefix, idFault } from '../ids.js';
import { faultRule } from './fault-rule.js';

/**
 * A public id of this kind, so that a malformed one is told along with all else that is wrong with
 * the input. Undefined and null pass.
 */
export function PublicId(prefix: IdPrefix): PropertyDecorator {
  return faultRule('publicId', (value) => idFault(prefix, value));
}
