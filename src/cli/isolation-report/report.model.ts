import type { MigrationStatus } from '../../migrations/index.js';
import type { IsolationCheck, IsolationFinding, SealKey } from '../../tenancy/index.js';

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
  tables: TenantTable[];
  /** What else can be selected from: views, sequences, tables that belong to no organization. */
  otherRelations: OtherRelation[];
  roles: Role[];
  grants: Grant[];
  functions: FunctionReport;
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

export interface TenantTable {
  /** With its schema. */
  name: string;
  isPartition: boolean;
  owner: string;
  /** The column by which a row belongs to an organization, and whether the table has it. */
  tenantColumn: string;
  hasTenantColumn: boolean;
  isTenantRequired: boolean;
  isRlsEnabled: boolean;
  isRlsForced: boolean;
  /** Primary, unique and exclusion keys, then foreign keys. */
  keys: TableKey[];
  policies: Policy[];
}

export interface TableKey {
  name: string;
  kind: 'primary' | 'unique' | 'exclusion' | 'foreign';
  /** As PostgreSQL prints it. */
  definition: string;
  /** Whether the organization is the first thing that it compares; of a foreign key, whether it is among them. */
  comparesTenant: boolean;
  /** Whether it reaches across organizations on purpose. */
  isGlobal: boolean;
}

export interface Policy {
  name: string;
  isPermissive: boolean;
  command: 'ALL' | 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';
  roles: string[];
  using: string | null;
  withCheck: string | null;
}

export interface OtherRelation {
  name: string;
  kind: string;
  owner: string;
  remark: string;
}

export interface Role {
  name: string;
  canLogin: boolean;
  /** `SUPERUSER`, `BYPASSRLS` and the like. */
  attributes: string[];
  memberOf: string[];
}

export interface Grant {
  on: 'table' | 'schema' | 'database' | 'default' | 'large-object';
  object: string;
  grantee: string;
  /** With `*` where it may be handed on, and the columns where it is not for all of them. */
  privileges: string[];
}

export interface FunctionReport {
  /** Those that run with another role's rights, that a policy calls, or that the context stands on. */
  described: DatabaseFunction[];
  /** Signatures of all others. */
  others: string[];
}

export interface DatabaseFunction {
  signature: string;
  owner: string;
  language: string;
  isSecurityDefiner: boolean;
  isLeakproof: boolean;
  volatility: 'IMMUTABLE' | 'STABLE' | 'VOLATILE';
  /** `search_path=…` and others. */
  settings: string[];
  executors: string[];
  isCalledByPolicy: boolean;
  isKnown: boolean;
  /** What creates it, with its body. */
  definition: string;
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
