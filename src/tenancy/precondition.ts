import type { AnyStatement } from '../shared/statements/index.js';

/**
 * What must hold for a transaction to be of any use, such as that whoever asks is still signed in. It is
 * asked in the transaction itself, behind its context and in one packet with its first statement: no
 * round trip more, and no answer that is older than the rows beside it.
 */
export interface Precondition {
  /** Holds when it gives a row. */
  readonly statement: AnyStatement<unknown>;

  /** Further ones that must give a row as well, sent along. */
  readonly also?: readonly AnyStatement<unknown>[];

  /** What every statement of the transaction throws when it does not hold. */
  refusal(): Error;
}
