import { faultRule } from '../../shared/graphql/index.js';
import { LONGEST_SLUG } from './category-slug.js';

/** As sql/40-constraints.sql has it. */
const FORMAT = /^[a-z0-9](-?[a-z0-9])*$/;

/** A slug that a category may take. Undefined and null pass. */
export function CategorySlug(): PropertyDecorator {
  return faultRule('categorySlug', slugFault);
}

/** What is wrong with `value`, as a sentence; null when nothing is. */
function slugFault(value: unknown): string | null {
  if (value == null) return null;
  if (typeof value !== 'string') return 'Must be text.';
  if (value.length > LONGEST_SLUG) {
    return `Must have at most ${LONGEST_SLUG} characters; it has ${value.length}.`;
  }
  if (!FORMAT.test(value)) {
    return 'Must be made of a to z and 0 to 9, with single hyphens between them, e.g. garden-tools.';
  }
  return null;
}
