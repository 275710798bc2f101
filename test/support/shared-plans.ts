import pg from 'pg';
import { newUuid } from '../../src/shared/ids.js';
import { withAdminConnection } from '../../src/tenancy/admin-connection.js';
import { newWord } from './attacks/made-up-values.js';
import { furnish } from './attacks/twin-rows.js';
import type { TestDatabase } from './database.js';
import { type TenantTable, tenantTables } from './tenant-tables.js';

/**
 * Runs one prepared statement per table, with the one plan that it has, for two organizations in turn.
 *
 * @returns a line for each table that then shows rows of the other organization; empty is good
 */
export async function sharedPlanLeaks(database: TestDatabase): Promise<string[]> {
  const organizations = [newUuid(), newUuid()];
  const tables = await withAdminConnection(database.superuserUrl, async (superuser) => {
    const all = (await tenantTables(superuser)).filter(({ owner, columns }) =>
      columns.includes(owner),
    );
    for (const orgId of organizations) await furnish(superuser, all, orgId, { word: newWord() });
    return all;
  });
  return withAdminConnection(database.appUrl, async (app) => {
    await app.query('SET plan_cache_mode = force_generic_plan');
    const leaks: string[] = [];
    for (const table of tables) {
      for (const orgId of organizations) {
        const foreign = await foreignRows(app, table, orgId);
        if (foreign > 0)
          leaks.push(`A plan that is shared shows ${foreign} rows of ${table.name}.`);
      }
    }
    return leaks;
  });
}

/** How many rows of others the statement shows in the context of an organization. */
async function foreignRows(app: pg.Client, { name, owner }: TenantTable, orgId: string) {
  await app.query(`BEGIN; SET LOCAL app.current_org = '${orgId}'`);
  try {
    const { rows } = await app.query<{ owner: string }>({
      name: `shared ${name}`,
      text: `SELECT ${pg.escapeIdentifier(owner)} AS owner FROM ${pg.escapeIdentifier(name)}`,
    });
    return rows.filter((row) => row.owner !== orgId).length;
  } catch {
    // Refused, and so nothing is shown.
    return 0;
  } finally {
    await app.query('ROLLBACK');
  }
}
