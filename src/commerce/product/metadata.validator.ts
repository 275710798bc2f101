import { faultRule, textFault } from '../../shared/graphql/index.js';

const MOST_BYTES = 10_000;
const MOST_LEVELS = 5;

/** What an organization wants to know of a product beyond its fields: a small object. Undefined and null pass. */
export function Metadata(): PropertyDecorator {
  return faultRule('metadata', metadataFault);
}

/**
 * What is wrong with `value` as metadata, as a sentence; null when nothing is. PostgreSQL writes spaces between what
 * passes, and still has less than sql/40-constraints.sql allows.
 */
export function metadataFault(value: unknown): string | null {
  if (value == null) return null;
  if (typeof value !== 'object' || Array.isArray(value)) return 'Must be a JSON object.';
  // Before anything recurses over it.
  const fault = faultWithin(value, 1);
  if (fault) return fault;
  const bytes = Buffer.byteLength(JSON.stringify(value)) + unwrittenDigits(value);
  return bytes > MOST_BYTES
    ? `Must have at most ${MOST_BYTES} bytes as JSON, numbers with all of their digits; it has ${bytes}.`
    : null;
}

function faultWithin(value: unknown, level: number): string | null {
  if (typeof value === 'string') return textFault(value, { max: MOST_BYTES });
  // JSON can say 1e999, and JavaScript writes that back as null.
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return 'Must not have numbers beyond 1.8e308.';
  }
  if (typeof value !== 'object' || value === null) return null;
  if (level > MOST_LEVELS) return `Must nest at most ${MOST_LEVELS} deep.`;
  for (const [key, inner] of Object.entries(value)) {
    const fault = textFault(key, { max: MOST_BYTES }) ?? faultWithin(inner, level + 1);
    if (fault) return fault;
  }
  return null;
}

/** PostgreSQL writes 1e300 with 301 digits. */
function unwrittenDigits(value: unknown): number {
  if (typeof value === 'number') {
    const [, exponent = '0'] = /e([+-]\d+)$/.exec(String(value)) ?? [];
    return Math.abs(Number(exponent));
  }
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, inner) => sum + unwrittenDigits(inner), 0);
}
