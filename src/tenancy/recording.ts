import type { AnyStatement } from '../shared/statements/index.js';

/**
 * What is written about a transaction in the transaction itself, such as by which key it came. A read
 * that has one writes this and nothing else.
 */
export interface Recording {
  /** Sent behind the context and the precondition, in one packet with the first statement. */
  readonly statements: readonly AnyStatement<unknown>[];

  /** Called once PostgreSQL has acknowledged the commit; throws nothing. */
  kept(): void;
}
