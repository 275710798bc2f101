import type { Row, TenantTable } from '../tenant-tables.js';

/** SQLSTATE of what the role may not do, and of what a policy does not let pass. */
export const INSUFFICIENT_PRIVILEGE = '42501';

/** What a statement must come to: so many rows, or this SQLSTATE. */
export type Expected = number | string;

export type Privilege = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';

/** One statement that the serving role tries. */
export interface SqlAttack {
  /** `SELECT`, `COPY FROM`, `DDL` … */
  kind: string;
  text: string;
  values?: unknown[];
  /** In the context of the attacking organization. */
  expected: Expected;
  /** Without any context, where that is another; null where there is nothing to try. */
  expectedUnset?: Expected | null;
  /** Committed, so that what acts late would show; other attacks are rolled back. */
  commits?: boolean;
}

/** A tenant table with a row of each side, and what the serving role has there. */
export interface Target {
  table: TenantTable;
  /** Rows of the attacking organization. */
  ours: Row[];
  /** Rows of the attacked one. */
  theirs: Row[];
  /** UUIDs of the two organizations. */
  attacker: string;
  victim: string;
  /** Of the serving role. */
  privileges: Privilege[];
  /** Columns of the unique keys that ON CONFLICT can name. */
  uniques: string[][];
  policies: string[];
}
