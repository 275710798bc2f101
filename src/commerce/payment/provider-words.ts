/** Printable ASCII without spaces: what providers call payments and messages. */
const TOKEN = /^[\x21-\x7e]{1,200}$/;

/** As long as the columns are. */
const LONGEST_REASON = 200;

/** Whether this can be kept as what a provider calls something. */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && TOKEN.test(value);
}

/** What a provider says, as it can be kept: one line, not too long, never empty. */
export function shortened(text: unknown): string {
  // Half of a surrogate pair cannot be stored either.
  const line = String(text)
    .replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  return [...line].slice(0, LONGEST_REASON).join('').trim() || 'No reason was given.';
}
