import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ContextSeal } from '../src/tenancy/context-seal.js';
import { enableSeal, withAdminConnection } from '../src/tenancy/index.js';
import { type Api, startApi } from './support/api.js';
import {
  type ApiAttackResult,
  ATTACK_SERVER_OPTIONS,
  attackApi,
  attackDatabase,
  type DatabaseAttackResult,
  total,
  writeRecord,
} from './support/attacks/index.js';
import { createDatabase } from './support/database.js';

let api: Api;
let inSql: DatabaseAttackResult | undefined;
let sealed: DatabaseAttackResult | undefined;
let overHttp: ApiAttackResult | undefined;
const byShoppers: ApiAttackResult[] = [];

beforeAll(async () => {
  api = await startApi({ server: ATTACK_SERVER_OPTIONS });
});

afterAll(async () => {
  if (inSql && sealed && overHttp) await report(inSql, sealed, [overHttp, ...byShoppers]);
  await api?.close();
});

const SEAL_KEY = 'a seal key of the tests, of more than 32 bytes';

/** What a failed run shows of it: one fault often breaches many places. */
const FIRST_BREACHES = 30;

describe('who attacks another organization, or others of their own', () => {
  it('sees, changes and learns nothing in SQL, in any table', async () => {
    inSql = await attackDatabase(api.database);
    expect(inSql.breaches.slice(0, FIRST_BREACHES)).toEqual([]);
    expect(inSql.tables).toEqual(expect.arrayContaining(['organizations', 'projects', 'tasks']));
    expect(inSql.attacks).toBeGreaterThan(80 * inSql.tables.length);
  });

  it('gets no further in a sealed database, whatever context it forges', async () => {
    const database = await createDatabase();
    try {
      await withAdminConnection(database.ownerUrl, (client) => enableSeal(client, SEAL_KEY));
      sealed = await attackDatabase(database, { seal: new ContextSeal(SEAL_KEY) });
      expect(sealed.breaches.slice(0, FIRST_BREACHES)).toEqual([]);
      expect(sealed.attacks).toBeGreaterThan(inSql?.attacks ?? 0);
    } finally {
      await database.drop();
    }
  });

  it('is answered as an owner in every place of the API as if the other were not there', async () => {
    overHttp = await attackApi(api);
    expect(overHttp.breaches.slice(0, FIRST_BREACHES)).toEqual([]);
    expect(overHttp.attacks).toBeGreaterThan(500);
  }, 600_000);

  it.each(['customer', 'guest'] as const)(
    'is answered as a %s in every place of the API as if others were not there',
    async (kind) => {
      const result = await attackApi(api, kind);
      byShoppers.push(result);
      expect(result.breaches.slice(0, FIRST_BREACHES)).toEqual([]);
      expect(result.attacks).toBeGreaterThan(500);
    },
    600_000,
  );
});

async function report(
  database: DatabaseAttackResult,
  sealedDatabase: DatabaseAttackResult,
  overGraphql: [ApiAttackResult, ...ApiAttackResult[]],
): Promise<void> {
  const sum = total([database, sealedDatabase, ...overGraphql]);
  const postgres = await withAdminConnection(api.database.superuserUrl, async (client) => {
    const { rows } = await client.query<{ version: string }>(
      "SELECT current_setting('server_version') AS version",
    );
    return rows[0]?.version ?? '';
  });
  // The owner's: shoppers have few.
  const { foreign, unknown } = overGraphql[0].durations;
  const { tables } = database;
  const fields = [...new Set(overGraphql.flatMap((result) => result.fields))];
  const ratio = (median(foreign) / median(unknown)).toFixed(2);
  process.stdout.write(
    `${sum.attacks} attacks on ${database.tables.length} tables and ${fields.length} fields, ${sum.breaches.length} breaches; ` +
      `a foreign value takes ${ratio} times as long as an unknown one (medians of ${foreign.length})\n`,
  );
  await writeRecord({ madeAt: new Date().toISOString(), postgres, ...sum, tables, fields });
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
