import { faultRule } from './fault-rule.js';

export interface TextRules {
  /** In characters (code points, as PostgreSQL counts them). */
  min?: number;
  max: number;
}

/**
 * Text that PostgreSQL can store: no NUL, no half of a surrogate pair, not blank where a length is
 * asked for, not longer than the column. Undefined and null pass.
 */
export function Text(rules: TextRules): PropertyDecorator {
  return faultRule('text', (value) => textFault(value, rules));
}

/** What is wrong with `value`, as a sentence; null when nothing is. */
export function textFault(value: unknown, rules: TextRules): string | null {
  if (value == null) return null;
  if (typeof value !== 'string') return 'Must be text.';
  if (value.includes('\0')) return 'Must not contain the NUL character.';
  if (!isWellFormed(value)) return 'Must be well-formed Unicode; it has half of a surrogate pair.';
  const { min = 0, max } = rules;
  if (min > 0 && value.trim() === '') return 'Must not be empty.';
  // UTF-16 units are at least as many as characters: most texts need no counting.
  const length = value.length <= max ? value.length : countCharacters(value);
  if (length > max) return `Must have at most ${max} characters; it has ${length}.`;
  if (min > 1 && countCharacters(value) < min) return `Must have at least ${min} characters.`;
  return null;
}

function countCharacters(value: string): number {
  let count = 0;
  for (const _ of value) count++;
  return count;
}

/** ES2024's String.prototype.isWellFormed, which Node has since 20. */
function isWellFormed(value: string): boolean {
  return (value as string & { isWellFormed(): boolean }).isWellFormed();
}
