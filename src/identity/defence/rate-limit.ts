import { LRUCache } from 'lru-cache';
import { type RateLimiterAbstract, RateLimiterMemory } from 'rate-limiter-flexible';
import { rateLimited } from '../../shared/errors.js';

/** How often something may happen in how long a time. */
export interface Limit {
  /** 1 or more. */
  readonly times: number;
  readonly seconds: number;
}

/** What is known of a key once one more was counted. */
export interface Count {
  readonly isOver: boolean;
  /** Whether a block begins with this one. */
  readonly isFirstOver: boolean;
  /** When counting starts anew. */
  readonly retryAfterSeconds: number;
}

/** Keys that are remembered, at most: some 30 MiB. What was counted longest ago is forgotten for a new one. */
const MOST_KEYS = 100_000;

/**
 * Counts what is done under a key, such as a network address, and says when that is more than may be. The
 * time starts with the first of it, and going on does not lengthen it: every block ends by itself.
 *
 * It is kept in the memory of this process, so that each process of several counts for itself. For one
 * count, give another store of rate-limiter-flexible, such as its Redis one, in `limiter`.
 *
 *     await this.#signUps.take(addressKey(client.address));
 */
export class RateLimit {
  readonly #limiter: Pick<RateLimiterAbstract, 'penalty' | 'reward' | 'get' | 'delete'>;
  readonly #times: number;
  /** The memory's own keys go when their time is over, and there could be any number until then. */
  readonly #keys: LRUCache<string, true>;

  constructor(
    { times, seconds }: Limit,
    {
      mostKeys = MOST_KEYS,
      limiter = new RateLimiterMemory({ points: times, duration: seconds }),
    }: { mostKeys?: number; limiter?: RateLimiterAbstract } = {},
  ) {
    this.#times = times;
    this.#limiter = limiter;
    this.#keys = new LRUCache<string, true>({
      max: mostKeys,
      dispose: (_value, key, reason) => {
        if (reason === 'evict') void limiter.delete(key);
      },
    });
  }

  /** Counts one more, however many there were. */
  async count(key: string): Promise<Count> {
    this.#keys.set(key, true);
    const { consumedPoints, msBeforeNext } = await this.#limiter.penalty(key);
    return {
      isOver: consumedPoints > this.#times,
      isFirstOver: consumedPoints === this.#times + 1,
      retryAfterSeconds: secondsOf(msBeforeNext),
    };
  }

  /**
   * Counts nothing: for what is counted when it has failed.
   *
   * @throws RATE_LIMITED when there were as many already as there may be
   */
  async check(key: string, message: string): Promise<void> {
    const counted = await this.#limiter.get(key);
    if (counted && counted.consumedPoints >= this.#times) {
      throw rateLimited(message, secondsOf(counted.msBeforeNext));
    }
  }

  /**
   * Counts one more.
   *
   * @throws RATE_LIMITED when it is too many
   */
  async take(key: string, message = 'Too many attempts. Wait, and try again.'): Promise<void> {
    const { isOver, retryAfterSeconds } = await this.count(key);
    if (isOver) throw rateLimited(message, retryAfterSeconds);
  }

  /** Takes one back that turned out not to count. */
  async giveBack(key: string): Promise<void> {
    const counted = await this.#limiter.get(key);
    // In a time that has begun since, there is nothing to take back.
    if (counted && counted.consumedPoints > 0) await this.#limiter.reward(key);
  }

  /** Forgets what was counted. */
  async reset(key: string): Promise<void> {
    await this.#limiter.delete(key);
  }
}

function secondsOf(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000));
}
