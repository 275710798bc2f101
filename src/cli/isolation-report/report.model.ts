import type { MigrationStatus } from '../../migrations/index.js';
import type { Boundary, IsolationCheck, IsolationFinding, SealKey } from '../../tenancy/index.js';

/**
 * All that the report says, as it was read; how it is told is for `sections/`. Nothing in it is secret:
 * no passwords, no key material, and no row of any organization.
 */
export interface IsolationReport {
  madeAt: Date;
  /** `database rowhouse at 127.0.0.1:5432` */
  database: string;
  /** The role as which the catalog was read. */
  readAs: string;
  /** The roles that were looked at as those that serve requests. */
  servingRoles: string[];
  versions: Versions;
  migrations: Seen<MigrationStatus[]>;
  checks: CheckResult[];
  findings: readonly IsolationFinding[];
  boundary: Boundary;
  sealKeys: Seen<SealKey[]>;
  attacks: Evidence<AttackEvidence>;
  defects: Evidence<DefectEvidence>;
}

/** What a role was allowed to see, or why it is missing. */
export type Seen<T> = { by: string; value: T } | { unseen: string };

export interface Versions {
  rowhouse: string;
  node: string;
  /** `server_version` */
  postgres: string;
  /** Of the checkout that made the report; undefined outside of one. */
  commit: string | undefined;
}

export interface CheckResult {
  check: IsolationCheck;
  outcome: 'passed' | 'failed' | 'accepted' | 'not-made';
  /** Why, when it was accepted or not made. */
  reason?: string;
}

/** What the tests of this checkout have left behind, or why there is nothing to show. */
export type Evidence<T> =
  | { state: 'present'; value: T }
  | { state: 'absent' }
  | { state: 'unreadable'; file: string; why: string };

interface Made {
  madeAt: Date;
  /** Version of the server that it was made against. */
  postgres: string;
}

export interface AttackEvidence extends Made {
  attacks: number;
  byKind: Record<string, number>;
  breaches: string[];
  /** Names of what was attacked: tables, and fields of the API such as `Query.task`. */
  tables: string[];
  fields: string[];
}

export interface DefectEvidence extends Made {
  killed: number;
  total: number;
  /** With the findings, attacks or tests that noticed them; a few of each. */
  defects: { name: string; sort: string; killedBy: string[] }[];
}
