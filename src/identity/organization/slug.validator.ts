import { faultRule } from '../../shared/graphql/index.js';
import { RESERVED_SLUGS } from './reserved-slugs.js';

const SHORTEST = 3;
/** As long as a label of a host name may be (RFC 1035). */
const LONGEST = 63;
/** As sql/40-constraints.sql has it. */
const FORMAT = /^[a-z0-9](-?[a-z0-9])*$/;

/** A slug that an organization may take: one that can stand in a host name, and is not reserved. Null passes. */
export function NewSlug(): PropertyDecorator {
  return faultRule('newSlug', slugFault);
}

/** What is wrong with `value` as a new slug, as a sentence; null when nothing is. */
export function slugFault(value: unknown): string | null {
  if (value == null) return null;
  if (typeof value !== 'string') return 'Must be text.';
  if (value.length < SHORTEST) return `Must have at least ${SHORTEST} characters.`;
  if (value.length > LONGEST) {
    return `Must have at most ${LONGEST} characters; it has ${value.length}.`;
  }
  if (!FORMAT.test(value)) {
    return 'Must be made of a to z and 0 to 9, with single hyphens between them, e.g. acme-berlin.';
  }
  if (RESERVED_SLUGS.has(value)) return 'This name is reserved. Take another one.';
  return null;
}
