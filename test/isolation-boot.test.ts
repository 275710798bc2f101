import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readEnvironment } from '../src/config/environment.js';
import { refuseWhenUnprotected } from '../src/start/database-readiness.js';
import { UnprotectedDatabase } from '../src/start/explain-failure.js';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import { createDatabase, type TestDatabase } from './support/database.js';
import { openTenancy } from './support/organizations.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});

afterAll(() => database?.drop());

/** What the server does between connecting and listening. */
async function boot(appUrl = database.appUrl): Promise<void> {
  const tenancy = openTenancy({ ...database, appUrl });
  try {
    await refuseWhenUnprotected(tenancy, readEnvironment({ NODE_ENV: 'test' }).database);
  } finally {
    await tenancy.close();
  }
}

describe('a server', () => {
  it('starts on a database without a hole', async () => {
    await expect(boot()).resolves.toBeUndefined();
  });

  it('does not start as anybody whom the policies do not hold', async () => {
    for (const url of [database.superuserUrl, database.ownerUrl, database.backupUrl]) {
      await expect(boot(url)).rejects.toBeInstanceOf(UnprotectedDatabase);
    }
  });

  it('does not start where a single table has no wall', async () => {
    await withAdminConnection(database.superuserUrl, (client) =>
      client.query('ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY'),
    );
    await expect(boot()).rejects.toBeInstanceOf(UnprotectedDatabase);
  });
});
