import type { ClientBase } from 'pg';
import { visitorIdOf } from '../../../src/identity/visitor/cart-token.js';
import { newUuid } from '../../../src/shared/ids.js';
import type { Api, Organization, Person } from '../api.js';
import { createPublishableKey, newGuest } from '../guest.js';
import type { ShopperKind } from '../shown-to-shoppers.js';
import { insert, type Row, type TenantTable } from '../tenant-tables.js';
import { columnsByTable } from './table-columns.js';
import { parentsFirst, rowsOf } from './twin-rows.js';

/** Who sends operations, and whose rows are told by `uuid`. */
export type Caller = Pick<Person, 'id' | 'uuid' | 'send'>;

/** Somebody who comes to the shop of an organization. */
export interface Shopper extends Caller {
  kind: ShopperKind;
}

/** One shopper of each kind more at each call. */
export async function newShoppers(
  api: Api,
  organization: Organization,
): Promise<Record<ShopperKind, Shopper>> {
  const person = await organization.createPerson('customer', `customer-${newUuid().slice(-12)}`);
  const guest = await newGuest(api, await createPublishableKey(organization));
  const uuid = visitorIdOf(organization.tenant.orgId, guest.cartToken) as string;
  return {
    customer: { ...person, kind: 'customer' },
    guest: { id: uuid, uuid, send: guest.send, kind: 'guest' },
  };
}

/** The column that says which shopper a row belongs to; undefined where none does. */
export function shopperColumn({ name, columns, references }: TenantTable): string | undefined {
  if (name === 'users') return 'id';
  if (columns.includes('user_id')) return 'user_id';
  // What has to belong to a user is no visitor's, and so no shopper's: a project.
  const isUsers = references.some(
    ({ table, columns: by }) => table === 'users' && by.includes('owner_id'),
  );
  return columns.includes('owner_id') && !isUsers ? 'owner_id' : undefined;
}

/** Whether a row of the shopper's organization is theirs, or for everybody who comes to its shop. */
export function isForShopper(table: TenantTable, row: Row, shopperId: string): boolean {
  const column = shopperColumn(table);
  if (column) return row[column] === shopperId;
  if (table.name === 'products') return row.active === true && row.deleted_at === null;
  return table.name === 'categories' || table.name === 'stock_levels';
}

/**
 * What an organization writes down of whatever a shopper does, without an owner of its own or for all: the rows of
 * all other tables that are not the shopper's must stay as they are.
 */
const BOOKS: ReadonlySet<string> = new Set([
  ...['stock_levels', 'stock_movements', 'number_series', 'audit_events', 'outgoing_mails'],
  ...['payment_commands', 'payment_events', 'daily_sales', 'daily_product_sales'],
  ...['daily_category_sales', 'daily_customer_sales'],
]);

/** The column that has to say so in a row that a shopper may change, or whether they may change any of the table. */
export function changeableBy(table: TenantTable): string | boolean {
  return shopperColumn(table) ?? BOOKS.has(table.name);
}

/**
 * Gives a shopper what somebody has in the tables of shoppers, row by row: a copy of each, in the same state.
 *
 * @param from UUID of who has it
 * @param word stands in the copies for `instead`
 */
export async function copyBelongings(
  client: ClientBase,
  tables: TenantTable[],
  orgId: string,
  from: string,
  { kind, uuid }: Pick<Shopper, 'kind' | 'uuid'>,
  { instead, word }: { instead: string; word: string },
): Promise<void> {
  const columns = await columnsByTable(client);
  const copies = new Map<unknown, string>([[from, uuid]]);
  for (const table of parentsFirst(tables)) {
    if (shopperColumn(table) !== 'owner_id') continue;
    const ofTable = columns.get(table.name) ?? [];
    const nullable = new Set(ofTable.flatMap((column) => (column.nullable ? [column.name] : [])));
    const pointers = pointersToBelongings(table, tables);
    const numbers = numbersOf(table, ofTable);
    const rows = await rowsOf(client, table, orgId);
    for (const row of rows.filter(({ owner_id }) => owner_id === from)) {
      // Made up by itself, it may point at what is somebody else's.
      const lost = pointers.filter((name) => row[name] !== null && !copies.has(row[name]));
      if (lost.some((name) => !nullable.has(name))) continue;
      if (row.id !== undefined) copies.set(row.id, newUuid());
      const copy = JSON.parse(JSON.stringify(row).replaceAll(instead, word)) as Row;
      for (const [name, value] of Object.entries(copy)) {
        copy[name] = lost.includes(name) ? null : (copies.get(value) ?? value);
        // A visitor is nobody whom a foreign key could find.
        if (name !== table.owner && value !== null && isUser(table, name)) {
          copy[name] = kind === 'customer' ? uuid : null;
        }
      }
      for (const number of numbers) {
        copy[number] = Math.max(...rows.map((each) => Number(each[number]))) + 1;
      }
      await insert(client, table, copy);
      rows.push(copy);
    }
  }
}

/** Has nothing of shoppers expire meanwhile: whoever comes first would sweep it away, whosever it is. */
export async function keepBelongings(
  client: ClientBase,
  tables: readonly TenantTable[],
  orgId: string,
): Promise<void> {
  for (const table of tables.filter((each) => shopperColumn(each) === 'owner_id')) {
    if (!table.columns.includes('expires_at')) continue;
    await client.query(
      `UPDATE ${table.name} SET expires_at = now() + interval '1 day'
       WHERE ${table.owner} = $1 AND expires_at < now()`,
      [orgId],
    );
  }
}

/** Has one of the products not for sale: made up, they all are, but for those that are deleted. */
export async function takeOffSale(client: ClientBase, orgId: string): Promise<void> {
  await client.query(
    `UPDATE products SET active = false WHERE org_id = $1 AND id =
       (SELECT id FROM products WHERE org_id = $1 AND active AND deleted_at IS NULL ORDER BY id OFFSET 1 LIMIT 1)`,
    [orgId],
  );
}

/** Writes the rows that a shopper may see in words of their own. */
export async function sayOtherwise(
  client: ClientBase,
  tables: TenantTable[],
  orgId: string,
  shopperId: string,
  { instead, word }: { instead: string; word: string },
): Promise<void> {
  const columns = await columnsByTable(client);
  for (const table of tables) {
    const texts = (columns.get(table.name) ?? []).filter(({ type }) => type === 'text');
    const shown = (await rowsOf(client, table, orgId)).filter(
      (row) => row.id !== undefined && isForShopper(table, row, shopperId),
    );
    if (texts.length === 0 || shown.length === 0) continue;
    const set = texts.map(({ name }) => `${name} = replace(${name}, $3, $4)`).join(', ');
    await client.query(
      `UPDATE ${table.name} SET ${set} WHERE ${table.owner} = $1 AND id = ANY ($2)`,
      [orgId, shown.map(({ id }) => id), instead, word],
    );
  }
}

function isUser({ references }: TenantTable, column: string): boolean {
  return references.some(({ table, columns }) => table === 'users' && columns.includes(column));
}

/** Columns that name a row in another table of shoppers. */
export function pointersToBelongings(
  { references, unbound }: TenantTable,
  tables: readonly TenantTable[],
): string[] {
  return [...references, ...unbound].flatMap(({ table, columns, keys }) => {
    const other = tables.find(({ name }) => name === table);
    const isTheirs = other && shopperColumn(other) === 'owner_id';
    return isTheirs ? columns.filter((_, index) => keys[index] === 'id') : [];
  });
}

/** Columns of numbers that only one row of an organization can have. */
function numbersOf(
  { uniques }: TenantTable,
  columns: readonly { name: string; type: string }[],
): string[] {
  const unique = new Set(uniques.flat());
  return columns
    .filter(({ name, type }) => unique.has(name) && /int/.test(type))
    .map(({ name }) => name);
}
