import { availableParallelism } from 'node:os';
import type { EnvironmentReader } from './environment-reader.js';

/** How often something may happen in how long a time. */
export interface Limit {
  readonly times: number;
  readonly seconds: number;
}

/** How many sign-ins may fail, by whom they come from and whom they are at. */
export interface SignInLimitSettings {
  /** From one address, at any accounts. */
  readonly perAddress: Limit;
  /** At one account, from addresses that it has not signed in from. */
  readonly perAccount: Limit;
  /** From one address, at one account. */
  readonly perPair: Limit;
}

export interface PasswordSettings {
  /** How many passwords are worked on at once; each takes 19 MiB and a thread. */
  readonly atOnce: number;
}

const TIMES = { min: 1, max: 1_000_000 };
/** Timers of Node.js reach no further than 24 days; a lock-out should end the same day. */
const SECONDS = { min: 1, max: 86_400 };

/** Node.js has four threads for such work; one is left for looking up names, which connecting takes. */
const MOST_THREADS = 3;

export function readSignInLimits(read: EnvironmentReader): SignInLimitSettings {
  const seconds = read.integer('SIGN_IN_WINDOW_SECONDS', 900, SECONDS);
  return {
    perAddress: { times: read.integer('SIGN_IN_FAILURES_PER_ADDRESS', 50, TIMES), seconds },
    perAccount: {
      times: read.integer('SIGN_IN_FAILURES_PER_ACCOUNT', 100, TIMES),
      seconds: read.integer('SIGN_IN_ACCOUNT_WINDOW_SECONDS', 3_600, SECONDS),
    },
    perPair: {
      times: read.integer('SIGN_IN_FAILURES_PER_ACCOUNT_AND_ADDRESS', 10, TIMES),
      seconds,
    },
  };
}

export function readPasswordSettings(read: EnvironmentReader): PasswordSettings {
  const atOnce = Math.min(availableParallelism(), MOST_THREADS);
  return { atOnce: read.integer('PASSWORDS_AT_ONCE', atOnce, { min: 1, max: 128 }) };
}
