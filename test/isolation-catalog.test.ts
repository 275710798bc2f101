import { expect, it } from '@jest/globals';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import { createDatabase } from './support/database.js';
import { sharedPlanLeaks } from './support/shared-plans.js';
import { unboundReferences } from './support/unbound-references.js';

it('a foreign key with the organization in it binds every column that names a row', async () => {
  const database = await createDatabase();
  try {
    expect(await withAdminConnection(database.superuserUrl, unboundReferences)).toEqual([]);
  } finally {
    await database.drop();
  }
});

it('a plan that organizations share shows each the rows of its own, in every table', async () => {
  const database = await createDatabase();
  try {
    expect(await sharedPlanLeaks(database)).toEqual([]);
  } finally {
    await database.drop();
  }
});
