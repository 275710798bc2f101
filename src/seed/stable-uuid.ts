import { createHash } from 'node:crypto';

/**
 * The same UUIDv7 (RFC 9562, section 5.7) for the same name and time, on every machine.
 *
 * @param time what the first 48 bits say, so that ids sort as their rows were made
 */
export function stableUuid(name: string, time: Date): string {
  const milliseconds = time.getTime().toString(16).padStart(12, '0');
  const random = createHash('sha256').update(name).digest('hex');
  const hex = `${milliseconds}7${random.slice(0, 3)}8${random.slice(3, 18)}`;
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
