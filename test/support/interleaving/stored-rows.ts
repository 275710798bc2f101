import { encodeId, type IdPrefix } from '../../../src/shared/ids.js';
import { withAdminConnection } from '../../../src/tenancy/admin-connection.js';
import type { TestDatabase } from '../database.js';
import type { Row } from './history.js';
import { STAFF_WORD } from './reader.js';

/** A row as it is stored, in the form in which answers show it. */
export interface StoredRow extends Row {
  /** Slug of the organization that it belongs to. */
  organization: string;
  table: string;
  /** Title of a task, name of a project or product. */
  text: string;
  /** What it was made with; of a request that comes again, the same. */
  tag: string;
  /** Of a task. */
  projectId: string | null;
  /** How often it was changed by what was asked for elsewhere: an order by its payments. */
  movedBesides: number;
}

const TAG = "from '[a-z]+ #[0-9]+'";
const KEY_AS_TAG = "replace(idempotency_key, '#', ' #')";

/** By prefix of their ids: a row that is written once has one version. */
const STORED: Partial<Record<IdPrefix, string>> = {
  task: `SELECT 'tasks' AS table, org_id, id, project_id AS "projectId", title AS text, description AS tag,
      title, description, version, upper(status) AS status, completed, due_at AS "dueAt",
      (ARRAY['NONE', 'LOW', 'MEDIUM', 'HIGH', 'URGENT'])[priority + 1] AS priority,
      created_at AS "createdAt", updated_at AS "updatedAt", deleted_at AS "deletedAt" FROM tasks`,
  proj: `SELECT 'projects' AS table, org_id, id, name AS text, description AS tag, name, description, version,
      created_at AS "createdAt", updated_at AS "updatedAt", deleted_at AS "deletedAt" FROM projects`,
  prod: `SELECT 'products' AS table, org_id, id, name AS text, description AS tag, sku, name, description, version,
      active, created_at AS "createdAt", updated_at AS "updatedAt", deleted_at AS "deletedAt" FROM products`,
  order: `SELECT 'orders' AS table, org_id, id, '' AS text, shipping_address->>'line1' AS tag, version,
      number::int, upper(status) AS status, email, placed_at AS "placedAt", paid_at AS "paidAt",
      shipped_at AS "shippedAt", delivered_at AS "deliveredAt", cancelled_at AS "cancelledAt",
      refunded_at AS "refundedAt", updated_at AS "updatedAt", (SELECT count(*)::int FROM payments AS p
        WHERE p.order_id = orders.id AND p.status IN ('captured', 'refunded')) AS "movedBesides" FROM orders`,
  cart: `SELECT 'carts' AS table, org_id, id, '' AS text, '' AS tag, 1 AS version FROM carts`,
  pay: `SELECT 'payments' AS table, org_id, id, '' AS text, ${KEY_AS_TAG} AS tag, 1 AS version FROM payments`,
  oevt: `SELECT 'order_events' AS table, org_id, id, '' AS text, coalesce(substring(note ${TAG}), '') AS tag,
      1 AS version FROM order_events`,
  move: `SELECT 'stock_movements' AS table, org_id, id, '' AS text, coalesce(substring(note ${TAG}), '') AS tag,
      1 AS version FROM stock_movements`,
};

/** Every row there is of what operations write, seen past row-level security. */
export async function storedRows(database: TestDatabase): Promise<StoredRow[]> {
  return withAdminConnection(database.superuserUrl, async (client) => {
    const stored: StoredRow[] = [];
    for (const [prefix, select] of Object.entries(STORED)) {
      const { rows } = await client.query(
        `SELECT slug AS organization, stored.* FROM (${select}) AS stored
         JOIN organizations ON organizations.id = org_id`,
      );
      for (const { org_id, ...row } of rows) {
        stored.push({
          movedBesides: 0,
          ...JSON.parse(JSON.stringify(row)),
          id: encodeId(prefix as IdPrefix, row.id),
          projectId: row.projectId ? encodeId('proj', row.projectId) : null,
        });
      }
    }
    return stored;
  });
}

/** Whose a row is. */
export interface OwnedRow {
  /** For a failure. */
  what: string;
  /** Slug. */
  organization: string;
  /** Whom of the organization it may be shown to, beside its owner. */
  for: 'everybody' | 'the staff' | 'the staff and its owner' | 'its owner';
  ownerId: string | null;
}

/** Of every row there is, by its UUID. */
export async function ownersOfIds(database: TestDatabase): Promise<Map<string, OwnedRow>> {
  return withAdminConnection(database.superuserUrl, async (client) => {
    const { rows } = await client.query<OwnedRow & { id: string }>(
      `SELECT owned.id, format('%s of %s', what, slug) AS what, slug AS organization, "for", owner_id AS "ownerId"
       FROM organizations JOIN (
         SELECT id, id AS org_id, 'an organization' AS what, 'everybody' AS "for", NULL::uuid AS owner_id FROM organizations
         UNION ALL SELECT id, org_id, 'a category', 'everybody', NULL FROM categories
         UNION ALL SELECT id, org_id, 'a product', CASE description WHEN $1 THEN 'the staff' ELSE 'everybody' END, NULL
           FROM products
         UNION ALL SELECT id, org_id, 'a task', 'the staff', NULL FROM tasks
         UNION ALL SELECT id, org_id, 'a project', 'the staff', NULL FROM projects
         UNION ALL SELECT id, org_id, 'a movement', 'the staff', NULL FROM stock_movements
         UNION ALL SELECT id, org_id, 'a user', 'the staff and its owner', id FROM users
         UNION ALL SELECT id, org_id, 'an order', 'the staff and its owner', owner_id FROM orders
         UNION ALL SELECT id, org_id, 'an event', 'the staff and its owner', owner_id FROM order_events
         UNION ALL SELECT id, org_id, 'a payment', 'the staff and its owner', owner_id FROM payments
         UNION ALL SELECT id, org_id, 'a cart', 'its owner', owner_id FROM carts
       ) AS owned ON org_id = organizations.id`,
      [STAFF_WORD],
    );
    return new Map(rows.map(({ id, ...row }) => [id, row]));
  });
}

/** Texts that do not carry the marker of the organization that they belong to. */
export async function strayTexts(database: TestDatabase): Promise<object[]> {
  return withAdminConnection(database.superuserUrl, async (client) => {
    const { rows } = await client.query(
      `SELECT slug, text FROM organizations JOIN (
         SELECT org_id, title || description AS text FROM tasks
         UNION ALL SELECT org_id, name || description FROM projects
         UNION ALL SELECT org_id, email FROM users
         UNION ALL SELECT org_id, name || description FROM products
         UNION ALL SELECT org_id, name || slug FROM categories
         UNION ALL SELECT org_id, email || shipping_address FROM orders
         UNION ALL SELECT org_id, name FROM order_items
         UNION ALL SELECT org_id, key FROM idempotency_keys
         UNION ALL SELECT org_id, idempotency_key FROM payments
         UNION ALL SELECT org_id, note FROM order_events WHERE note LIKE '%#%'
         UNION ALL SELECT org_id, note FROM stock_movements WHERE kind IN ('receipt', 'correction') AND note LIKE '%#%'
       ) AS owned ON org_id = organizations.id
       WHERE position(slug IN text) = 0
          OR EXISTS (SELECT FROM organizations AS other
                     WHERE other.slug <> organizations.slug AND position(other.slug IN text) > 0)`,
    );
    return rows;
  });
}

/** By who owns them, the units of a product that are in their open cart and in their orders. */
export async function unitsByOwner(
  database: TestDatabase,
  productId: string,
): Promise<Map<string, number>> {
  return withAdminConnection(database.superuserUrl, async (client) => {
    const { rows } = await client.query<{ ownerId: string; units: number }>(
      `SELECT owner_id AS "ownerId", sum(quantity)::int AS units FROM (
         SELECT cart_items.owner_id, quantity FROM cart_items JOIN carts ON carts.id = cart_id
         WHERE status = 'open' AND product_id = $1
         UNION ALL SELECT owner_id, quantity FROM order_items WHERE product_id = $1
       ) AS units GROUP BY owner_id`,
      [productId],
    );
    return new Map(rows.map(({ ownerId, units }) => [ownerId, units]));
  });
}

/** Orders with a word of somebody else than their owner. */
export async function strayOrders(
  database: TestDatabase,
  words: Readonly<Record<string, string>>,
): Promise<object[]> {
  return withAdminConnection(database.superuserUrl, async (client) => {
    const { rows } = await client.query<{ ownerId: string; email: string; name: string }>(
      `SELECT owner_id AS "ownerId", email, shipping_address->>'name' AS name FROM orders`,
    );
    return rows.filter(({ ownerId, email, name }) => {
      const word = words[ownerId];
      return word === undefined || !email.startsWith(`${word}@`) || !name.endsWith(` ${word}`);
    });
  });
}
