import type { Caller, Client, Visitor } from '../identity/index.js';
import type { CookieJar } from './cookie-jar.js';
import type { ResolvedOperation } from './operation.js';

/** What the parts of the server tell each other about one HTTP request; its log line is made of it. */
export interface Exchange {
  readonly requestId: string;
  readonly client: Client;
  readonly cookies: CookieJar;
  /** Null until the claims are verified, and for who is not signed in. */
  caller: Caller | null;
  /** Null for who is signed in, and for who asks no shop. */
  visitor: Visitor | null;
  /** Null until it is known to be valid. */
  operation: ResolvedOperation | null;
  /** Whether the server was too busy for it. */
  isTurnedAway: boolean;
  /** Set when what was remembered of the caller's credentials turned out to hold no more. */
  outdated: Outdated | null;
}

/** What has become of an operation whose caller's credentials were out of date. */
export interface Outdated {
  /** Whether nothing of it was done, here or elsewhere, so that it can be run again for whoever that is now. */
  readonly isUndone: boolean;
}

/** What Apollo Server carries from the HTTP request to the operation. It copies it, so no class. */
export interface ApolloContext {
  readonly exchange: Exchange;
}
