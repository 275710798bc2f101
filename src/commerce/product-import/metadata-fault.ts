import { textFault } from '../../shared/graphql/index.js';

/** As sql/40-constraints.sql has it: of the text that PostgreSQL makes of it. */
const MOST_BYTES = 16_384;

const DEEPEST = 32;

/**
 * What is wrong with the metadata of a product, as a sentence; null when nothing is. What passes is stored as
 * it is: PostgreSQL refuses none of it.
 */
export function metadataFault(metadata: object): string | null {
  const fault = valueFault(metadata, 1);
  if (fault !== null) return fault;
  const bytes = bytesOf(metadata);
  return bytes > MOST_BYTES ? `Must have at most ${MOST_BYTES} bytes; it has ${bytes}.` : null;
}

function valueFault(value: unknown, depth: number): string | null {
  if (typeof value === 'string') return textFault(value, { max: Number.POSITIVE_INFINITY });
  if (typeof value === 'number') {
    // JSON has 1e999, which JavaScript would write back as null.
    return Number.isFinite(value) ? null : 'Must not have numbers beyond 1.8e308.';
  }
  if (typeof value !== 'object' || value === null) return null;
  if (depth > DEEPEST) return `Must not be nested deeper than ${DEEPEST} levels.`;
  for (const [key, inner] of Object.entries(value)) {
    const fault = valueFault(key, depth) ?? valueFault(inner, depth + 1);
    if (fault !== null) return fault;
  }
  return null;
}

/** In UTF-8 as jsonb is written: a space behind each comma and colon, and every number without an exponent. */
function bytesOf(value: unknown): number {
  if (typeof value === 'number') return digitsOf(value);
  if (typeof value !== 'object' || value === null) return Buffer.byteLength(JSON.stringify(value));
  let bytes = 2;
  const entries = Object.entries(value);
  for (const [key, inner] of entries) {
    if (!Array.isArray(value)) bytes += Buffer.byteLength(JSON.stringify(key)) + 2;
    bytes += bytesOf(inner);
  }
  return bytes + 2 * Math.max(0, entries.length - 1);
}

function digitsOf(value: number): number {
  const [mantissa = '', exponent] = JSON.stringify(value).split('e');
  if (exponent === undefined) return mantissa.length;
  const sign = value < 0 ? 1 : 0;
  const digits = mantissa.replace(/[-.]/g, '').length;
  const power = Number(exponent);
  return sign + (power > 0 ? power + 1 : 1 - power + digits);
}
