import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PasswordHasher } from '../src/identity/index.js';
import {
  DEMO_ORGANIZATIONS,
  DEMO_PASSWORD,
  parseLoadScale,
  SeedError,
  seedDemo,
  seedLoad,
} from '../src/seed/index.js';
import type { Clock } from '../src/shared/clock.js';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import type { Tenancy } from '../src/tenancy/index.js';
import { createDatabase, type TestDatabase } from './support/database.js';
import { openTenancy } from './support/organizations.js';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TODAY: Clock = { now: () => new Date('2026-11-21T10:30:00Z') };
const LATER: Clock = { now: () => new Date('2027-02-03T23:59:59Z') };

interface Place {
  database: TestDatabase;
  tenancy: Tenancy;
}

async function open(): Promise<Place> {
  const database = await createDatabase();
  return { database, tenancy: openTenancy(database) };
}

async function close({ database, tenancy }: Place): Promise<void> {
  await tenancy.close();
  await database.drop();
}

// biome-ignore lint/suspicious/noExplicitAny: rows of many shapes.
async function rows({ database }: Place, sql: string): Promise<any[]> {
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
};

async function everything(place: Place) {
  const entries = Object.entries(EVERYTHING).map(async ([name, sql]) => [
    name,
    await rows(place, sql),
  ]);
  return Object.fromEntries(await Promise.all(entries));
}

async function expectTimedIds(place: Place): Promise<void> {
  const tables = ['organizations', 'users', 'projects', 'tasks', 'products', 'stock_movements'];
  for (const table of tables) {
    for (const { id, created_at } of await rows(place, `SELECT id, created_at FROM ${table}`)) {
      expect(id).toMatch(UUID_V7);
      expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(created_at.getTime());
    }
  }
}

describe('the demo data', () => {
  let place: Place;

  beforeAll(async () => {
    place = await open();
    expect(await seedDemo(place.tenancy, TODAY)).toEqual(['Demo Org', 'Test Corp']);
  });
  afterAll(() => close(place));

  it('is two organizations, with the accounts and projects that the documentation names', async () => {
    expect(
      await rows(
        place,
        `SELECT slug, o.name, array_agg(DISTINCT email || ' ' || role ORDER BY email || ' ' || role) AS accounts,
           array_agg(DISTINCT p.name ORDER BY p.name) AS projects
         FROM organizations o JOIN users u ON u.org_id = o.id JOIN projects p ON p.org_id = o.id
         GROUP BY o.id ORDER BY slug`,
      ),
    ).toEqual([
      {
        slug: 'demo',
        name: 'Demo Org',
        accounts: ['admin@demo.com owner', 'user@demo.com member'],
        projects: ['Feature X', 'MVP Project'],
      },
      {
        slug: 'test',
        name: 'Test Corp',
        accounts: ['admin@test.com owner'],
        projects: ['Website Relaunch'],
      },
    ]);
  });

  it('opens every account with the password that is printed', async () => {
    const hashes = await rows(place, 'SELECT password_hash FROM users');
    expect(hashes).toHaveLength(3);
    expect(DEMO_PASSWORD.length).toBeGreaterThanOrEqual(12);
    for (const { password_hash } of hashes) {
      expect(await new PasswordHasher().matches(password_hash, DEMO_PASSWORD)).toBe(true);
    }
  });

  it('has lists that page, all states and priorities, and due dates on both sides of today', async () => {
    const [demo, test] = await rows(
      place,
      `SELECT count(*)::int AS tasks, count(DISTINCT status)::int AS states,
         count(DISTINCT priority)::int AS priorities,
         count(*) FILTER (WHERE assignee_id IS NULL)::int AS unassigned,
         count(*) FILTER (WHERE due_at IS NULL)::int AS without_due_date,
         count(*) FILTER (WHERE NOT completed AND due_at < '2026-11-21T10:30Z')::int AS overdue,
         count(*) FILTER (WHERE NOT completed AND due_at > '2026-11-21T10:30Z')::int AS ahead
       FROM tasks JOIN organizations o ON o.id = org_id GROUP BY slug ORDER BY slug`,
    );
    expect(demo).toEqual({
      tasks: 48,
      states: 3,
      priorities: 5,
      unassigned: 9,
      without_due_date: 4,
      overdue: 6,
      ahead: 25,
    });
    expect(test).toMatchObject({ tasks: 8, states: 3, unassigned: 2, overdue: 1 });
  });

  it('has a catalog in a tree, with products that are sold out and such as are low, at honest prices', async () => {
    const [demo, test] = await rows(
      place,
      `SELECT count(*)::int AS products, count(DISTINCT category_id)::int AS categories,
         count(DISTINCT c.parent_id)::int AS parents, count(DISTINCT p.name)::int AS names,
         count(*) FILTER (WHERE on_hand = 0)::int AS sold_out, count(*) FILTER (WHERE low_since IS NOT NULL)::int AS low,
         min(price_amount)::int AS cheapest, max(price_amount)::int AS dearest
       FROM products p JOIN organizations o ON o.id = p.org_id JOIN categories c ON c.id = category_id
       JOIN stock_levels ON product_id = p.id GROUP BY o.slug ORDER BY o.slug`,
    );
    expect(demo).toMatchObject({ products: 237, categories: 12, parents: 5, names: 237 });
    expect(demo.sold_out).toBeGreaterThan(10);
    expect(demo.low).toBeGreaterThan(demo.sold_out + 20);
    expect(demo.low).toBeLessThan(120);
    expect(demo.cheapest).toBeGreaterThan(100);
    expect(demo.dearest).toBeLessThan(200_000);
    expect(test).toMatchObject({ categories: 1, parents: 0 });
    const shared = await rows(place, 'SELECT sku FROM products GROUP BY sku HAVING count(*) = 2');
    expect(shared).toHaveLength(test.products);
  });

  it('has a ledger that comes to what is in stock', async () => {
    expect(
      await rows(
        place,
        `SELECT product_id FROM stock_levels LEFT JOIN stock_movements USING (org_id, product_id)
         GROUP BY org_id, product_id, stock_levels.on_hand
         HAVING coalesce(sum(quantity), 0) <> stock_levels.on_hand`,
      ),
    ).toEqual([]);
    const last = await rows(
      place,
      `SELECT DISTINCT ON (product_id) m.on_hand = l.on_hand AS agrees FROM stock_movements m
       JOIN stock_levels l USING (org_id, product_id) ORDER BY product_id, created_at DESC`,
    );
    expect(last.length).toBeGreaterThan(200);
    expect(last.every(({ agrees }) => agrees)).toBe(true);
  });

  it('is left alone when it is there', async () => {
    const before = await everything(place);
    await rows(place, "UPDATE users SET name = 'Renamed' WHERE email = 'user@demo.com'");
    expect(await seedDemo(place.tenancy, LATER)).toEqual([]);
    await rows(place, "UPDATE users SET name = 'Uma User' WHERE email = 'user@demo.com'");
    expect(await everything(place)).toEqual(before);
  });

  it('is the same wherever and whenever it is made, but for due dates, which count from that day', async () => {
    const other = await open();
    try {
      await seedDemo(other.tenancy, LATER);
      const [{ dueDates, ...here }, { dueDates: later, ...there }] = await Promise.all([
        everything(place),
        everything(other),
      ]);
      expect(there).toEqual(here);
      const days = (Date.UTC(2027, 1, 3) - Date.UTC(2026, 10, 21)) / 86_400_000;
      expect(later).toEqual(
        dueDates.map((row: { due_at: Date | null }) => ({
          ...row,
          due_at: row.due_at && new Date(row.due_at.getTime() + days * 86_400_000),
        })),
      );
    } finally {
      await close(other);
    }
  });

  it('has ids of version 7, which sort as their rows were made', () => expectTimedIds(place));

  it('is completed when only a part of it was made', async () => {
    await rows(place, "DELETE FROM organizations WHERE slug = 'test'");
    expect(await seedDemo(place.tenancy, TODAY)).toEqual(['Test Corp']);
    expect(await place.tenancy.findOrganization('test')).not.toBeNull();
  });

  it('is made once when two processes seed at the same moment', async () => {
    const other = await open();
    const second = openTenancy(other.database);
    try {
      const made = await Promise.all([seedDemo(other.tenancy, TODAY), seedDemo(second, TODAY)]);
      expect(made.flat().sort()).toEqual(DEMO_ORGANIZATIONS.map(({ name }) => name));
    } finally {
      await second.close();
      await close(other);
    }
  });
});

describe('load data', () => {
  let place: Place;

  beforeAll(async () => {
    place = await open();
  });
  afterAll(() => close(place));

  it('has the size that was asked for, and tells how far it is', async () => {
    const progress: string[] = [];
    const result = await seedLoad(place.tenancy, {
      scale: { organizations: 3, tasks: 700 },
      clock: TODAY,
      onProgress: (done, total) => progress.push(`${done}/${total}`),
    });
    expect(result).toEqual({ made: 3, found: 0 });
    expect(progress).toEqual(['1/3', '2/3', '3/3']);
    expect(
      await rows(
        place,
        `SELECT slug, count(*)::int AS tasks, count(DISTINCT project_id)::int AS projects,
           count(DISTINCT assignee_id)::int AS assignees, count(DISTINCT status)::int AS states,
           count(DISTINCT priority)::int AS priorities
         FROM tasks JOIN organizations o ON o.id = org_id GROUP BY slug ORDER BY slug`,
      ),
    ).toEqual(
      ['load-001', 'load-002', 'load-003'].map((slug) => ({
        slug,
        tasks: 700,
        projects: 7,
        assignees: 4,
        states: 3,
        priorities: 5,
      })),
    );
  });

  it('is believable: titles differ, some are overdue, unassigned, without a due date or a description', async () => {
    const [shares] = await rows(
      place,
      `SELECT count(DISTINCT title) = count(DISTINCT (org_id, title)) / 3 AS by_organization,
         avg((assignee_id IS NULL)::int)::real AS unassigned, avg((due_at IS NULL)::int)::real AS undated,
         avg((due_at < '2026-11-21T10:30Z' AND NOT completed)::int)::real AS overdue,
         avg((description = '')::int)::real AS silent
       FROM tasks`,
    );
    for (const name of ['unassigned', 'undated', 'overdue', 'silent']) {
      expect(shares[name]).toBeGreaterThan(0.05);
      expect(shares[name]).toBeLessThan(0.5);
    }
  });

  it('has ids of version 7, which sort as their rows were made', () => expectTimedIds(place));

  it('grows when more is asked for, and leaves what is there alone', async () => {
    const before = await everything(place);
    const again = { scale: { organizations: 3, tasks: 700 }, clock: LATER };
    expect(await seedLoad(place.tenancy, again)).toEqual({ made: 0, found: 3 });
    expect(await everything(place)).toEqual(before);
    const more = { scale: { organizations: 4, tasks: 1 }, clock: TODAY };
    expect(await seedLoad(place.tenancy, more)).toEqual({ made: 1, found: 3 });
    expect(await rows(place, 'SELECT count(*)::int AS count FROM tasks')).toEqual([
      { count: 2101 },
    ]);
  });

  it('splits many tasks into several statements', async () => {
    const other = await open();
    try {
      await seedLoad(other.tenancy, { scale: { organizations: 1, tasks: 10_001 } });
      expect(await rows(other, 'SELECT count(*)::int AS count FROM tasks')).toEqual([
        { count: 10_001 },
      ]);
    } finally {
      await close(other);
    }
  });

  it('is the same everywhere', async () => {
    const other = await open();
    try {
      await seedLoad(other.tenancy, { scale: { organizations: 1, tasks: 700 }, clock: TODAY });
      const first =
        "SELECT to_jsonb(tasks) AS task FROM tasks WHERE org_id = (SELECT id FROM organizations WHERE slug = 'load-001') ORDER BY id";
      expect(await rows(other, first)).toEqual(await rows(place, first));
    } finally {
      await close(other);
    }
  });
});

describe('the size of load data', () => {
  it('is organizations by tasks', () => {
    expect(parseLoadScale('100x2000')).toEqual({ organizations: 100, tasks: 2000 });
    expect(parseLoadScale(' 1X1 ')).toEqual({ organizations: 1, tasks: 1 });
  });

  it.each([
    ['many', /is no size/],
    ['', /is no size/],
    ['100', /is no size/],
    ['3x-1', /is no size/],
    ['1.5x2', /is no size/],
    ['2x3x4', /is no size/],
    ['0x5', /0 organizations cannot be made; it takes 1 to 10,000/],
    ['5x0', /0 tasks in each organization/],
    ['20000x1', /20,000 organizations cannot be made/],
    ['1x200000', /200,000 tasks in each organization cannot be made/],
    ['10000x100000', /makes 1,000,000,000 tasks; 10,000,000 in all is the most/],
  ])('is not "%s"', (text, message) => {
    expect(() => parseLoadScale(text)).toThrow(SeedError);
    expect(() => parseLoadScale(text)).toThrow(message);
  });
});
