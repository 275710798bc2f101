import type { Caller } from '../identity/index.js';

/** What the parts of the server tell each other about one HTTP request; its log line is made of it. */
export interface Exchange {
  readonly requestId: string;
  /** Null until the claims are verified, and for who is not signed in. */
  caller: Caller | null;
  /** As the document names it. */
  operationName: string | null;
  /** Whether the server was too busy for it. */
  isTurnedAway: boolean;
}

/** What Apollo Server carries from the HTTP request to the operation. It copies it, so no class. */
export interface ApolloContext {
  readonly exchange: Exchange;
}
