import {
  ISOLATION_CHECKS,
  type IsolationCheck,
  type IsolationFinding,
} from '../../tenancy/index.js';
import type { CheckResult } from './report.model.js';

export type CheckArea = 'Roles' | 'Tables' | 'Keys' | 'Functions' | 'Privileges' | 'Seal';

/** A check in words for somebody who has not seen the code. */
export interface CheckDescription {
  area: CheckArea;
  /** Number in the list of pitfalls in src/tenancy/README.md, as in the findings. */
  pitfall: number;
  /** What is true when it passes. */
  requirement: string;
  /** Set for what only the server can check, when it starts. */
  atBootOnly?: true;
  /** Set for what looks at the rights of the serving role, and so at nothing when that role cannot serve. */
  needsServingRole?: true;
}

/** All checks; a new one has to be described here before the code compiles. */
export const CHECK_DESCRIPTIONS: Readonly<Record<IsolationCheck, CheckDescription>> = {
  'serving-role-missing': role('The role that serves requests exists.'),
  'serving-role-superuser': role('It is not a superuser.'),
  'serving-role-reserved': role('It is not the owner, the backup role or the directory role.'),
  'serving-role-bypasses-rls': ofServing(role('It cannot bypass row-level security.')),
  'serving-role-privileged': ofServing(role('It can neither create roles nor replicate.')),
  'serving-role-owns': ofServing(
    role('It owns no table, function or schema, and not the database.'),
  ),
  'serving-role-member': ofServing(
    role('It is a member of no role that could do any of the above.'),
  ),
  'shopper-role-missing': ofServing(role('It can become the role of customers and guests.', 31)),
  'shopper-role-privileged': ofServing(
    role('Nobody logs in as that one, which owns and bypasses nothing.', 31),
  ),
  'shopper-role-member': ofServing(role('It is a member of no other role.', 31)),
  'shopper-role-inherited': ofServing(
    role('The serving role has nothing of it before it becomes it.', 31),
  ),
  'default-context': ofServing(role('No connection of it begins as an organization.', 17)),

  'tenant-column-missing': table('Every table says in a column whose its rows are.'),
  'tenant-column-nullable': table('That column is never empty.'),
  'rls-not-enabled': table('Row-level security is enabled on every tenant table.'),
  'rls-not-forced': table('It is forced, so that it holds the owner of the table as well.'),
  'policy-missing': table('Every tenant table has the policy that compares organizations.', 25),
  'policy-drift': table('Each policy is, to the letter, the one in the source.', 25),
  'policy-multiple': table('No second policy lets requests in beside it.', 9),
  'policy-unknown': table('No other role has a policy that the source does not know.', 25),

  'key-without-tenant': key('Every primary and unique key begins with the organization.'),
  'exclusion-without-tenant': key('So does every exclusion constraint.'),
  'foreign-key-without-tenant': key('Every foreign key compares the organization.'),

  'function-missing': fn('The functions that the policies stand on exist.', 25),
  'function-drift': fn('They are, to the letter, the ones in the source.', 25),
  'function-leakproof': fn('No function calls itself LEAKPROOF.', 4),
  'function-immutable': fn('No function that depends on the session calls itself IMMUTABLE.', 4),
  'security-definer-unknown': fn('Only known functions run with the rights of another role.', 10),
  'security-definer-search-path': fn('Those that do have a fixed search_path.', 10),
  'security-definer-owner': fn('None of them belongs to a role that bypasses the policies.', 10),

  'view-without-security-invoker': privilege('Views read with the rights of the caller.', 11),
  'materialized-view-readable': ofServing(
    privilege('Requests cannot read materialized views, which have no policies.', 11),
  ),
  'foreign-table-readable': ofServing(
    privilege('Requests cannot read foreign tables, which have no policies.', 11),
  ),
  'partition-privilege': ofServing(
    privilege('Requests cannot reach a partition past the policies of its parent.', 12),
  ),
  'table-privilege': ofServing(
    privilege('Requests can read and write rows and do nothing else with a table.', 13),
  ),
  'shopper-privilege': ofServing(
    privilege('Customers and guests have no right on a table that the source does not give.', 31),
  ),
  'shopper-policy-missing': ofServing(
    privilege('Each table that they may touch has a policy of theirs.', 31),
  ),
  'grant-option': ofServing(privilege('Requests cannot hand their rights to others.', 13)),
  'sequence-privilege': ofServing(
    privilege('Requests cannot use sequences, which all organizations would share.', 13),
  ),
  'schema-privilege': ofServing(privilege('Requests cannot create objects in a schema.', 13)),
  'database-privilege': ofServing(
    privilege('Requests cannot create schemas or temporary tables.', 13),
  ),
  'large-object-functions': ofServing(
    privilege('Requests cannot use large objects, which have no policies.', 13),
  ),
  'default-privileges': ofServing(
    privilege('A new table is closed to requests until somebody opens it.', 14),
  ),
  'outside-table-readable': ofServing(
    privilege('Requests cannot use tables that belong to no organization.', 14),
  ),

  'seal-policy-missing': seal('When any table asks for the seal, all do.'),
  'seal-policy-drift': seal('The policies of the seal are the ones in the source.'),
  'seal-key-missing': atBoot(seal('A server of a sealed database has a key.')),
  'seal-not-accepted': atBoot(seal('The database accepts the seals of the server.')),
};

const AT_BOOT =
  'only a server has the key; each server checks this when it starts and does not serve otherwise';
const NO_SERVING_ROLE = 'says nothing as long as the role above cannot serve requests';
const NO_SERVING_ROLE_CHECKS: ReadonlySet<string> = new Set<IsolationCheck>([
  'serving-role-missing',
  'serving-role-superuser',
  'serving-role-reserved',
]);

/**
 * What each check came to.
 *
 * @param findings of the audit, without what the operator accepts
 * @param accepted checks whose findings the audit has left out
 * @returns in the order of ISOLATION_CHECKS
 */
export function checkResults(
  findings: readonly IsolationFinding[],
  accepted: readonly IsolationCheck[],
): CheckResult[] {
  const failed = new Set(findings.map(({ check }) => check));
  const hasServingRole = !findings.some(({ check }) => NO_SERVING_ROLE_CHECKS.has(check));
  return ISOLATION_CHECKS.map((check) => {
    const { atBootOnly, needsServingRole } = CHECK_DESCRIPTIONS[check];
    if (failed.has(check)) return { check, outcome: 'failed' };
    if (accepted.includes(check)) {
      return { check, outcome: 'accepted', reason: 'the operator accepts whatever it would find' };
    }
    if (atBootOnly) return { check, outcome: 'not-made', reason: AT_BOOT };
    if (needsServingRole && !hasServingRole) {
      return { check, outcome: 'not-made', reason: NO_SERVING_ROLE };
    }
    return { check, outcome: 'passed' };
  });
}

function role(requirement: string, pitfall = 2): CheckDescription {
  return { area: 'Roles', pitfall, requirement };
}

function table(requirement: string, pitfall = 1): CheckDescription {
  return { area: 'Tables', pitfall, requirement };
}

function key(requirement: string): CheckDescription {
  return { area: 'Keys', pitfall: 5, requirement };
}

function fn(requirement: string, pitfall: number): CheckDescription {
  return { area: 'Functions', pitfall, requirement };
}

function privilege(requirement: string, pitfall: number): CheckDescription {
  return { area: 'Privileges', pitfall, requirement };
}

function seal(requirement: string): CheckDescription {
  return { area: 'Seal', pitfall: 29, requirement };
}

function ofServing(description: CheckDescription): CheckDescription {
  return { ...description, needsServingRole: true };
}

function atBoot(description: CheckDescription): CheckDescription {
  return { ...description, atBootOnly: true };
}
