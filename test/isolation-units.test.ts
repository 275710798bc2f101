import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import type { Tenancy } from '../src/tenancy/index.js';
import { createDatabase, type TestDatabase } from './support/database.js';
import {
  createOrganization,
  openTenancy,
  type SeededOrganization,
} from './support/organizations.js';
import { RUN_OPTIONS, TIME_LIMIT_MS } from './support/programs/run-options.js';
import {
  expected,
  type Projects,
  readProjects,
  run,
  sorted,
  transactions,
} from './support/programs/units.js';

let database: TestDatabase;
let admin: pg.Client;
let organizations: SeededOrganization[];

beforeAll(async () => {
  database = await createDatabase();
  admin = new pg.Client({ connectionString: database.superuserUrl });
  await admin.connect();
  const tenancy = openTenancy(database);
  organizations = [
    await createOrganization(tenancy, 'quokka'),
    await createOrganization(tenancy, 'narwhal'),
    await createOrganization(tenancy, 'axolotl'),
  ];
  await tenancy.close();
});

afterAll(async () => {
  await admin?.end();
  await database?.drop();
});

/** Reads seen and units kept, in the order of the rounds; and what is stored in the end. */
async function runRounds(tenancy: Tenancy, rounds: Parameters<typeof modelRounds>[0]) {
  await admin.query('DELETE FROM projects');
  const traces = [];
  for (const round of rounds) {
    const running = round.map((transaction) =>
      run(tenancy, organizationOf(transaction), transaction),
    );
    traces.push(await Promise.all(running));
  }
  const stored = organizations.map(({ tenant }) =>
    tenancy.withTenant(tenant, 'read', (tx) => readProjects(tx, 'prisma')),
  );
  return { traces, stored: await Promise.all(stored) };
}

function organizationOf({ organization }: { organization: number }): SeededOrganization {
  return organizations[organization] as SeededOrganization;
}

/** The same in memory, where organizations cannot meet. */
function modelRounds(rounds: Parameters<typeof expected>[1][][]) {
  const projects = organizations.map((): Projects => new Map());
  const traces = rounds.map((round) =>
    round.map((transaction) => {
      const before = projects[transaction.organization] as Projects;
      const after = expected(before, transaction);
      projects[transaction.organization] = after.projects;
      return after.trace;
    }),
  );
  return { traces, stored: projects.map(sorted) };
}

describe.each([1, 2])('random units of 3 organizations on a pool of %d', (size) => {
  it(
    'read and leave what a model in memory does, whichever of them fail',
    async () => {
      const tenancy = openTenancy(database, { size });
      const property = fc.asyncProperty(transactions(3), async (rounds) => {
        expect(await runRounds(tenancy, rounds)).toEqual(modelRounds(rounds));
      });
      try {
        await fc.assert(property, RUN_OPTIONS);
      } finally {
        await tenancy.close();
      }
    },
    2 * TIME_LIMIT_MS,
  );
});
