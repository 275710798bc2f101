import { readFunctions } from './boundary.functions.js';
import { readGrants } from './boundary.grants.js';
import { readRoles } from './boundary.roles.js';
import { readOtherRelations, readTables } from './boundary.tables.js';
import type { AuditClient } from './isolation-audit.js';

/** What the isolation boundary of a database is made of, as its catalog has it: for people to read. */
export interface Boundary {
  tables: TenantTable[];
  /** What else can be selected from: views, sequences, tables that belong to no organization. */
  otherRelations: OtherRelation[];
  roles: Role[];
  grants: Grant[];
  functions: BoundaryFunctions;
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

export interface BoundaryFunctions {
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

/**
 * Reads the catalog, and no row of any organization. Needs no privilege.
 *
 * @param client with an empty search_path, so that names are printed with their schemas
 * @param servingRoles names of the roles that serve requests
 */
export async function readBoundary(
  client: AuditClient,
  servingRoles: readonly string[],
): Promise<Boundary> {
  return {
    tables: await readTables(client),
    otherRelations: await readOtherRelations(client),
    roles: await readRoles(client, servingRoles),
    grants: await readGrants(client),
    functions: await readFunctions(client),
  };
}
