import { FUNCTION_CHECKS } from './isolation-audit.functions.js';
import { KEY_CHECKS } from './isolation-audit.keys.js';
import { PRIVILEGE_CHECKS } from './isolation-audit.privileges.js';
import { ROLE_CHECKS } from './isolation-audit.roles.js';
import { SEAL_CHECKS } from './isolation-audit.seal.js';
import { TABLE_CHECKS } from './isolation-audit.tables.js';

export { SERVING_ROLE } from './isolation-audit.expectation.js';

/** Stable names of the checks. */
export const ISOLATION_CHECKS = [
  // roles
  'serving-role-missing',
  'serving-role-superuser',
  'serving-role-reserved',
  'serving-role-bypasses-rls',
  'serving-role-privileged',
  'serving-role-owns',
  'serving-role-member',
  'shopper-role-missing',
  'shopper-role-privileged',
  'shopper-role-member',
  'shopper-role-inherited',
  'default-context',
  // tables
  'tenant-column-missing',
  'tenant-column-nullable',
  'rls-not-enabled',
  'rls-not-forced',
  'policy-missing',
  'policy-drift',
  'policy-multiple',
  'policy-unknown',
  // keys
  'key-without-tenant',
  'exclusion-without-tenant',
  'foreign-key-without-tenant',
  // functions
  'function-missing',
  'function-drift',
  'function-leakproof',
  'function-immutable',
  'security-definer-unknown',
  'security-definer-search-path',
  'security-definer-owner',
  // privileges
  'view-without-security-invoker',
  'materialized-view-readable',
  'foreign-table-readable',
  'partition-privilege',
  'table-privilege',
  'shopper-privilege',
  'shopper-policy-missing',
  'grant-option',
  'sequence-privilege',
  'schema-privilege',
  'database-privilege',
  'large-object-functions',
  'default-privileges',
  'outside-table-readable',
  // seal
  'seal-policy-missing',
  'seal-policy-drift',
  'seal-key-missing',
  'seal-not-accepted',
] as const;

export type IsolationCheck = (typeof ISOLATION_CHECKS)[number];

/** One hole in the wall between organizations, as the catalog shows it. */
export interface IsolationFinding {
  check: IsolationCheck;
  /** Number of the pitfall in src/tenancy/README.md. */
  pitfall: number;
  /** What has the fault: a role, or an object with its schema. */
  object: string;
  /** What is wrong, and what could come of it. */
  problem: string;
  /** The SQL, or the action, that mends it. */
  remedy: string;
}

/** A connection of `pg`, or anything that answers like one. */
export interface AuditClient {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

export interface AuditOptions {
  /** The role that serves requests. By default whoever is connected: the session's and the current role. */
  servingRole?: string;
  /**
   * Findings to leave out. `large-object-functions` can only be mended by a superuser, whom managed
   * services do not lend.
   */
  accepted?: readonly 'large-object-functions'[];
}

const CHECKS = [
  ROLE_CHECKS,
  TABLE_CHECKS,
  KEY_CHECKS,
  FUNCTION_CHECKS,
  PRIVILEGE_CHECKS,
  SEAL_CHECKS,
];

/**
 * Reads from the catalog whether organizations are kept apart: whether the serving role is held by
 * the policies, every table has its wall, keys compare organizations, functions and views do not look
 * over the wall, and nothing more is granted than rows.
 *
 * Needs no privilege: the serving role itself runs it at boot, and an operator may run it for that role.
 *
 * @returns what is wrong, the roles first; empty when nothing is
 */
export async function auditIsolation(
  client: AuditClient,
  { servingRole, accepted = [] }: AuditOptions = {},
): Promise<IsolationFinding[]> {
  const servingRoles = servingRole === undefined ? await connectedRoles(client) : [servingRole];
  const findings: IsolationFinding[] = [];
  for (const sql of CHECKS) {
    const { rows } = await client.query(`${sql} ORDER BY 1, 3`, [servingRoles]);
    findings.push(...(rows as IsolationFinding[]));
  }
  return findings.filter(({ check }) => !(accepted as readonly string[]).includes(check));
}

async function connectedRoles(client: AuditClient): Promise<string[]> {
  const { rows } = await client.query(
    'SELECT DISTINCT unnest(ARRAY[current_user, session_user])::text AS name',
  );
  return (rows as { name: string }[]).map(({ name }) => name);
}
