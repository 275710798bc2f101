import { expect } from '@jest/globals';
import type { Clock } from '../../src/shared/clock.js';
import { withAdminConnection } from '../../src/tenancy/admin-connection.js';
import type { Tenancy } from '../../src/tenancy/index.js';
import { createDatabase, type TestDatabase } from './database.js';
import { openTenancy } from './organizations.js';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
export const TODAY: Clock = { now: () => new Date('2026-11-21T10:30:00Z') };
export const LATER: Clock = { now: () => new Date('2027-02-03T23:59:59Z') };

/** A database to be seeded. */
export interface Place {
  database: TestDatabase;
  tenancy: Tenancy;
}

export async function openPlace(): Promise<Place> {
  const database = await createDatabase();
  return { database, tenancy: openTenancy(database) };
}

export async function closePlace({ database, tenancy }: Place): Promise<void> {
  await tenancy.close();
  await database.drop();
}

// biome-ignore lint/suspicious/noExplicitAny: rows of many shapes.
export async function rowsIn({ database }: Place, sql: string): Promise<any[]> {
  return withAdminConnection(
    database.superuserUrl,
    async (client) => (await client.query(sql)).rows,
  );
}

const EVERYTHING = {
  organizations: 'SELECT * FROM organizations ORDER BY id',
  users: "SELECT to_jsonb(users) - 'password_hash' AS user FROM users ORDER BY org_id, id",
  projects: 'SELECT * FROM projects ORDER BY org_id, id',
  tasks: "SELECT to_jsonb(tasks) - 'due_at' AS task FROM tasks ORDER BY org_id, id",
  dueDates: 'SELECT org_id, id, due_at FROM tasks ORDER BY org_id, id',
  categories: 'SELECT * FROM categories ORDER BY org_id, id',
  products: 'SELECT * FROM products ORDER BY org_id, id',
  stock: 'SELECT * FROM stock_levels ORDER BY org_id, product_id',
  movements: 'SELECT * FROM stock_movements ORDER BY org_id, id',
  carts: 'SELECT * FROM carts ORDER BY org_id, id',
  cartItems: 'SELECT * FROM cart_items ORDER BY org_id, cart_id, product_id',
  orders: 'SELECT * FROM orders ORDER BY org_id, id',
  orderItems: 'SELECT * FROM order_items ORDER BY org_id, order_id, product_id',
  orderEvents: 'SELECT * FROM order_events ORDER BY org_id, id',
  payments: 'SELECT * FROM payments ORDER BY org_id, id',
  numbers: 'SELECT * FROM number_series ORDER BY org_id, name',
};

export async function everythingIn(place: Place) {
  const entries = Object.entries(EVERYTHING).map(async ([name, sql]) => [
    name,
    await rowsIn(place, sql),
  ]);
  return Object.fromEntries(await Promise.all(entries));
}

export async function expectTimedIds(place: Place): Promise<void> {
  const tables = ['organizations', 'users', 'projects', 'tasks', 'products', 'stock_movements'];
  const moments = [...tables, 'carts', 'payments'].map((table) => [table, 'created_at']);
  moments.push(['orders', 'placed_at'], ['order_events', 'occurred_at']);
  for (const [table, moment] of moments) {
    const made = await rowsIn(place, `SELECT id, ${moment} AS made FROM ${table}`);
    const wrong = made.filter(
      (row) =>
        !UUID_V7.test(row.id) ||
        Number.parseInt(row.id.replaceAll('-', '').slice(0, 12), 16) !== row.made.getTime(),
    );
    expect({ table, wrong }).toEqual({ table, wrong: [] });
  }
}
