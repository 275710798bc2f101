import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { addressKey } from './client-address.js';
import { type Count, type Limit, RateLimit } from './rate-limit.js';

/** How many sign-ins may fail, by whom they come from and whom they are at. */
export interface SignInLimitSettings {
  /** From one address, at any accounts. */
  readonly perAddress: Limit;
  /** At one account, from addresses that it has not signed in from. */
  readonly perAccount: Limit;
  /** From one address, at one account. */
  readonly perPair: Limit;
}

/** Who is signed in as, as given, whether or not there is such an account; and from where. */
export interface SignInSubject {
  /** Slug. */
  readonly organization: string;
  readonly email: string;
  readonly address: string | null;
}

/** One sign-in, counted. */
export interface SignInAttempt {
  /** Whether it must fail, to all appearances for a wrong password. */
  readonly isHeld: boolean;

  /** Which limit begins to hold with it; null where none does. */
  readonly newlyHeldBy: 'account' | 'account and address' | null;

  /** It said nothing about a password: the password was right, or nobody could be asked. */
  forget(): Promise<void>;

  /** It was the right person, who is in. */
  succeed(): Promise<void>;
}

const DAYS = 24 * 3600 * 1000;
const REMEMBERED_MS = 30 * DAYS;
const MOST_PAIRS = 100_000;
const TOO_MANY =
  'Too many sign-ins from this network address have failed. Wait, and try again then.';

/**
 * How often sign-ins may fail. An attempt is counted before anything is known of it, so that many at once
 * are no way around, and taken back when it was none that failed.
 *
 * Only the limit of an address is told. Over one of an account, nothing in the answer or its time may differ
 * from a wrong password: see `isHeld`. That limit does not hold where the account has signed in from, so who
 * guesses from elsewhere keeps nobody out who is at their usual place.
 */
export class SignInLimits {
  readonly #perAddress: RateLimit;
  readonly #perAccount: RateLimit;
  readonly #perPair: RateLimit;
  /** Accounts with an address from which they have signed in, until the process ends. */
  readonly #known = new LRUCache<string, true>({ max: MOST_PAIRS, ttl: REMEMBERED_MS });

  constructor({ perAddress, perAccount, perPair }: SignInLimitSettings) {
    this.#perAddress = new RateLimit(perAddress);
    this.#perAccount = new RateLimit(perAccount);
    this.#perPair = new RateLimit(perPair);
  }

  /** Counts an attempt. @throws RATE_LIMITED when its address has failed too often */
  async begin(subject: SignInSubject): Promise<SignInAttempt> {
    const keys = keysOf(subject);
    await this.#perAddress.take(keys.address, TOO_MANY);
    const pair = await this.#perPair.count(keys.pair);
    // What is held there already does not count for the account: no few addresses shall hold it for all.
    const isElsewhere = !pair.isOver && !this.#known.has(keys.pair);
    const account = isElsewhere ? await this.#perAccount.count(keys.account) : null;
    const forget = async () => {
      await this.#perAddress.giveBack(keys.address);
      if (account) await this.#perAccount.giveBack(keys.account);
      await this.#perPair.giveBack(keys.pair);
    };
    return {
      isHeld: account?.isOver || pair.isOver,
      newlyHeldBy: newlyHeldBy(account, pair),
      forget,
      succeed: async () => {
        await forget();
        await this.welcome(subject);
      },
    };
  }

  /**
   * Somebody has proven to be the account from this address, by a sign-in or by any other way. What others
   * do elsewhere does not keep them out from then on.
   */
  async welcome(subject: SignInSubject): Promise<void> {
    const { pair } = keysOf(subject);
    await this.#perPair.reset(pair);
    this.#known.set(pair, true);
  }
}

function newlyHeldBy(account: Count | null, pair: Count): SignInAttempt['newlyHeldBy'] {
  if (account?.isFirstOver) return 'account';
  return pair.isFirstOver ? 'account and address' : null;
}

/** Of whom it is stays out of memory dumps, and no key is longer than another. */
function keysOf({ organization, email, address }: SignInSubject) {
  const of = addressKey(address);
  const account = digest(`${organization}\0${email.toLowerCase()}`);
  return { address: digest(of), account, pair: digest(`${account}\0${of}`) };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
