import type { CompiledQuery } from 'kysely';

/** A statement and the values of one request; what it was built from is left out. */
export interface Statement<Row> {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /** Under which PostgreSQL keeps it planned on each connection; without one, that is decided when it runs. */
  readonly name?: string;
  /** What its rows hold. Never there: it tells the compiler. */
  readonly row?: Row;
}

/** What runs: as a builder leaves it, or of a statement that is built once. */
export type AnyStatement<Row> = CompiledQuery<Row> | Statement<Row>;
