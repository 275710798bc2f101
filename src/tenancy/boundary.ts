import { type BoundaryFunctions, readFunctions } from './boundary.functions.js';
import { type Grant, readGrants } from './boundary.grants.js';
import { type Role, readRoles } from './boundary.roles.js';
import {
  type OtherRelation,
  readOtherRelations,
  readTables,
  type TenantTable,
} from './boundary.tables.js';
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
