import { faultRule } from '../../shared/graphql/index.js';

/** As sql/40-constraints.sql has it for orders; keys of payments have only their length there. */
const LONGEST = 200;
const FORMAT = /^[!-~]+$/;

/** What a client calls one request, to be able to repeat it. Undefined and null pass. */
export function IdempotencyKey(): PropertyDecorator {
  return faultRule('idempotencyKey', keyFault);
}

function keyFault(value: unknown): string | null {
  if (value == null) return null;
  if (typeof value !== 'string') return 'Must be text.';
  if (value.length > LONGEST) {
    return `Must have at most ${LONGEST} characters; it has ${value.length}.`;
  }
  return FORMAT.test(value)
    ? null
    : 'Must be made of ASCII letters, digits and signs without spaces; a UUID will do.';
}
