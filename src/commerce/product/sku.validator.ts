import { faultRule } from '../../shared/graphql/index.js';

/** As sql/40-constraints.sql has it. */
const LONGEST = 64;
const FORMAT = /^[!-~]+$/;

/** A stock keeping unit. Undefined and null pass. */
export function Sku(): PropertyDecorator {
  return faultRule('sku', skuFault);
}

/** What is wrong with `value` as a SKU, as a sentence; null when nothing is. */
export function skuFault(value: unknown): string | null {
  if (value == null) return null;
  if (typeof value !== 'string') return 'Must be text.';
  if (value.length > LONGEST) {
    return `Must have at most ${LONGEST} characters; it has ${value.length}.`;
  }
  return FORMAT.test(value)
    ? null
    : 'Must be made of ASCII letters, digits and signs without spaces, e.g. SHIRT-RED-M.';
}
