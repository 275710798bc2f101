import { createHash } from 'node:crypto';

/**
 * The same UUIDv7 (RFC 9562, section 5.7) for the same name and time, on every machine.
 *
 * @param time what the first 48 bits say, so that ids sort as their rows were made
 */
export function stableUuid(name: string, time: Date): string {
  const milliseconds = time.getTime().toString(16).padStart(12, '0');
  const random = createHash('sha256').update(name).digest('hex');
  return withHyphens(`${milliseconds}7${random.slice(0, 3)}8${random.slice(3, 18)}`);
}

/** The same UUIDv8 for the same name: as a visitor's id is, which says nothing of when it was made. */
export function stableOpaqueUuid(name: string): string {
  const random = createHash('sha256').update(name).digest('hex');
  return withHyphens(`${random.slice(0, 12)}8${random.slice(12, 15)}8${random.slice(15, 30)}`);
}

function withHyphens(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
