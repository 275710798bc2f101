import type { Money } from '../money/money.js';

/** Printable ASCII without spaces: what providers call payments and messages. */
const TOKEN = /^[\x21-\x7e]{1,200}$/;

/** As long as the columns are. */
const LONGEST_REASON = 200;

/** Whether this can be kept as what a provider calls something. */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && TOKEN.test(value);
}

/** A sum that somebody may have moved. */
export function isSum({ amount, currency }: Money): boolean {
  return Number.isSafeInteger(amount) && amount >= 0 && /^[A-Z]{3}$/.test(currency);
}

/** What there is to say about a sum that a provider tells of; null where it is the one that it should be. */
export function faultOfSum(told: Money | undefined, { amount, currency }: Money): string | null {
  if (!told || (told.amount === amount && told.currency === currency)) return null;
  return shortened(
    `The provider tells of ${told.amount} ${told.currency} in minor units, where it is about ${amount} ${currency}.`,
  );
}

/** What a provider says, as it can be kept: one line, not too long, never empty. */
export function shortened(text: unknown): string {
  // Half of a surrogate pair cannot be stored either.
  const line = String(text)
    .replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  return [...line].slice(0, LONGEST_REASON).join('').trim() || 'No reason was given.';
}
