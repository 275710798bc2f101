import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../shared/clock.js';

export interface RememberedOptions {
  /** Credentials that are remembered, at most; those that were not used for longest are forgotten. */
  readonly most: number;
  readonly forMs: number;
}

interface Entry<Known> {
  readonly known: Known;
  readonly until: number;
}

/**
 * What credentials came to when they were last looked at, for a while. They are kept in memory as little as
 * in the database: by their SHA-256.
 */
export class Remembered<Known extends object> {
  readonly #entries: LRUCache<string, Entry<Known>>;
  readonly #clock: Clock;
  readonly #forMs: number;

  constructor(clock: Clock, { most, forMs }: RememberedOptions) {
    this.#clock = clock;
    this.#forMs = forMs;
    this.#entries = new LRUCache({ max: most });
  }

  get(credential: string): Known | undefined {
    const entry = this.#entries.get(hashOf(credential));
    return entry && entry.until > this.#clock.now().getTime() ? entry.known : undefined;
  }

  /** @param notAfter when the credential ends by itself, in milliseconds since 1970 */
  set(credential: string, known: Known, notAfter = Number.POSITIVE_INFINITY): void {
    const until = Math.min(this.#clock.now().getTime() + this.#forMs, notAfter);
    this.#entries.set(hashOf(credential), { known, until });
  }

  delete(credential: string): void {
    this.#entries.delete(hashOf(credential));
  }
}

function hashOf(credential: string): string {
  return createHash('sha256').update(credential).digest('base64url');
}
