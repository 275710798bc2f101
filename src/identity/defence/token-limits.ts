import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { RowhouseError } from '../../shared/errors.js';
import { addressKey } from './client-address.js';
import { type Limit, RateLimit } from './rate-limit.js';

/** Where a token of an identity provider is tried, and from where. */
export interface TokenTrial {
  /** As it was named, so that there need not be one. */
  readonly organization: string;
  /** Network address; null where it is not known. */
  readonly address: string | null;
}

const KNOWN_MS = 30 * 24 * 3600 * 1000;
const MOST_KNOWN = 100_000;
const TOO_MANY =
  'Too many tokens from this network address were refused. Wait, and try again then.';

/**
 * How often tokens of identity providers may be refused that come from one address. No token can be guessed, but each
 * costs statements and a signature, and to try many tells whom an organization trusts.
 *
 * What was refused is counted, not what is tried: a gateway that starts sends the tokens of many people at once.
 * From where an organization's people have come in, it goes on being let in: nobody who sends nonsense through
 * the same gateway keeps them out. No count is an organization's as a whole, so that nobody can use it up.
 */
export class TokenLimits {
  readonly #perAddress: RateLimit;
  /** Organizations with an address from which somebody was let in, until the process ends. */
  readonly #known = new LRUCache<string, true>({ max: MOST_KNOWN, ttl: KNOWN_MS });

  constructor(perAddress: Limit) {
    this.#perAddress = new RateLimit(perAddress);
  }

  /** @throws RATE_LIMITED before `work` begins, when too many were refused; else whatever it throws */
  async watch<T>({ organization, address }: TokenTrial, work: () => Promise<T>): Promise<T> {
    const of = addressKey(address);
    const pair = createHash('sha256').update(`${organization}\0${of}`).digest('base64url');
    if (!this.#known.has(pair)) await this.#perAddress.check(of, TOO_MANY);
    try {
      const result = await work();
      this.#known.set(pair, true);
      return result;
    } catch (error) {
      if (error instanceof RowhouseError && error.code === 'UNAUTHENTICATED') {
        await this.#perAddress.count(of);
      }
      throw error;
    }
  }
}
