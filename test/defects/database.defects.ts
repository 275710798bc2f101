import { randomBytes } from 'node:crypto';
import { afterAll, expect, it } from '@jest/globals';
import { withAdminConnection } from '../../src/tenancy/admin-connection.js';
import { auditIsolation, SERVING_ROLE } from '../../src/tenancy/isolation-audit.js';
import { attackDatabase } from '../support/attacks/index.js';
import { testCluster, urlOf } from '../support/cluster.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { sharedPlanLeaks } from '../support/shared-plans.js';
import { unboundReferences } from '../support/unbound-references.js';
import { DATABASE_DEFECTS } from './database-defects.js';
import type { DatabaseDefect, Detector } from './defect.js';
import { noteOutcome } from './outcomes.js';

/** Breaches and findings that the report names for each defect. */
const KILLERS_KEPT = 3;

const roles: string[] = [];

afterAll(() =>
  withAdminConnection(testCluster().superuserUrl, async (client) => {
    for (const role of roles) await client.query(`DROP ROLE IF EXISTS ${role}`);
  }),
);

it('a database without a defect looks fine to the audit and stands the attacks', async () => {
  expect(await detect('')).toEqual({ audit: [], attacks: [] });
  expect(await detect('GRANT SELECT ON tasks TO $role')).toEqual({ audit: [], attacks: [] });
});

it.concurrent.each([...DATABASE_DEFECTS])(
  'is noticed when $name',
  async ({ name, sql, seenBy }) => {
    const noticed = await detect(sql).catch(async (error) => {
      await noteOutcome({ name, sort: 'database', killedBy: [] });
      throw error;
    });
    const detectors = (Object.keys(noticed) as Detector[]).filter((one) => noticed[one].length > 0);
    const killedBy = detectors.flatMap((one) =>
      noticed[one].slice(0, KILLERS_KEPT).map((what) => `${one}: ${what}`),
    );
    await noteOutcome({ name, sort: 'database', killedBy, seenBy: detectors });
    expect(detectors).toEqual(expect.arrayContaining([...seenBy]));
  },
);

/** Puts a defect into a database of its own, and asks the audit and the attacks. */
async function detect(sql: DatabaseDefect['sql']): Promise<Record<Detector, string[]>> {
  const database = await createDatabase();
  try {
    const role = sql.includes('$role') ? await createRole() : undefined;
    await withAdminConnection(database.superuserUrl, (client) =>
      client.query(sql.replaceAll('$role', role?.name ?? '')),
    );
    const served = role ? servedBy(role, database) : database;
    const findings = await withAdminConnection(served.appUrl, (client) => auditIsolation(client));
    return {
      audit: findings.map(({ check, object }) => `${check} ${object}`),
      // Whoever is connected may take on their own role.
      attacks: (await attack(served)).filter((line) => !role || !line.includes(role.name)),
    };
  } finally {
    await database.drop();
  }
}

/** The tests of the isolation suite that can be put to any database. */
async function attack(database: TestDatabase): Promise<string[]> {
  const { breaches } = await attackDatabase(database);
  const unbound = await withAdminConnection(database.superuserUrl, unboundReferences);
  const leaks = await sharedPlanLeaks(database);
  return [...breaches, ...unbound.map((column) => `No foreign key binds ${column}.`), ...leaks];
}

interface Role {
  name: string;
  password: string;
}

/** A login that may do what the serving role may. Attacks know all roles, so it stays to the end. */
async function createRole(): Promise<Role> {
  const role = { name: `rowhouse_defect_${randomBytes(6).toString('hex')}`, password: 'defect' };
  await withAdminConnection(testCluster().superuserUrl, (client) =>
    client.query(
      `CREATE ROLE ${role.name} LOGIN PASSWORD '${role.password}' IN ROLE ${SERVING_ROLE}`,
    ),
  );
  roles.push(role.name);
  return role;
}

function servedBy(role: Role, database: TestDatabase): TestDatabase {
  return { ...database, appUrl: urlOf(database.appUrl, database.name, role) };
}
