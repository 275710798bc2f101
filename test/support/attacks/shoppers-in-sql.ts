import type { ClientBase } from 'pg';
import { newUuid } from '../../../src/shared/ids.js';
import { insert, type Row, type TenantTable } from '../tenant-tables.js';
import { newWord } from './made-up-values.js';
import {
  copyBelongings,
  keepBelongings,
  type Shopper,
  shopperColumn,
  takeOffSale,
} from './shoppers.js';
import type { Privilege, SqlAttack } from './sql-attack.js';
import { shopperAttacks } from './sql-shopper-attacks.js';
import { rowsOf } from './twin-rows.js';

type Somebody = Pick<Shopper, 'kind' | 'uuid'>;

/** Shoppers can change in SQL what they can change at all of their own, and nothing else. */
export const ownAlone = (table: TenantTable) => shopperColumn(table) ?? false;

/**
 * A customer and a guest of an organization, each with what its first user has: they attack each other, and the rest.
 *
 * @param word that the texts of the organization have
 */
export async function addShoppers(
  superuser: ClientBase,
  tables: TenantTable[],
  orgId: string,
  word: string,
): Promise<Somebody[]> {
  const users = tables.find(({ name }) => name === 'users');
  const first = users && (await rowsOf(superuser, users, orgId))[0];
  if (!first) return [];
  const shoppers: Somebody[] = [
    { kind: 'customer', uuid: newUuid() },
    { kind: 'guest', uuid: newUuid() },
  ];
  for (const shopper of shoppers) {
    const own = newWord();
    if (shopper.kind === 'customer') {
      const account = { role: 'customer', custom_role_id: null, email: `${own}@example.com` };
      await insert(superuser, users, { ...first, ...account, id: shopper.uuid });
    }
    await copyBelongings(superuser, tables, orgId, String(first.id), shopper, {
      instead: word,
      word: own,
    });
  }
  await keepBelongings(superuser, tables, orgId);
  await takeOffSale(superuser, orgId);
  return shoppers;
}

/** What a shopper tries, with the name of the table that it is tried on. */
export async function attacksOfShopper(
  superuser: ClientBase,
  tables: TenantTable[],
  { orgId, userId: shopperId }: { orgId: string; userId: string },
): Promise<{ table: string; attack: SqlAttack }[]> {
  const { rows: granted } = await superuser.query<{ name: string; privileges: Privilege[] }>(
    `SELECT relname::text AS name,
       ARRAY(SELECT privilege FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege
         WHERE CASE privilege WHEN 'DELETE' THEN has_table_privilege('rowhouse_shopper', oid, privilege)
           ELSE has_any_column_privilege('rowhouse_shopper', oid, privilege) END) AS privileges
     FROM pg_class WHERE relnamespace = 'public'::regnamespace`,
  );
  const attacks: { table: string; attack: SqlAttack }[] = [];
  for (const table of tables) {
    const rows: Row[] = await rowsOf(superuser, table, orgId);
    const privileges = granted.find(({ name }) => name === table.name)?.privileges ?? [];
    const target = { table, tables, rows, orgId, shopperId, privileges };
    attacks.push(...shopperAttacks(target).map((attack) => ({ table: table.name, attack })));
  }
  return attacks;
}
