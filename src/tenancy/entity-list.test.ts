import { describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { type Value, value } from '../shared/statements/index.js';
import { entityList, findByIds } from './index.js';
import type { TenantTransaction } from './tenant-transaction.js';

const ORG = '0190a000-0000-7000-8000-000000000001';
const ID = '0190a000-0000-7000-8000-000000000002';

interface Sent {
  sql: string;
  parameters: readonly unknown[];
}

/** Takes down what is to be executed, and finds nothing. */
function recorder() {
  const sent: Sent[] = [];
  const tx = {
    tenant: { orgId: ORG },
    execute: async (statement: Sent) => {
      sent.push(statement);
      return [];
    },
  };
  return { sent, tx: tx as unknown as TenantTransaction };
}

const list = entityList({
  table: 'projects',
  columns: ['projects.id', 'projects.name'],
  onDemand: {
    description: 'projects.description',
    createdAt: 'projects.created_at as createdAt',
  },
  orders: {
    CREATED_AT: { column: 'projects.created_at', type: 'timestamp', property: 'createdAt' },
    NAME: { column: 'projects.name', type: 'text', property: 'name' },
  },
  matching: (projects, { ownerId }: { ownerId?: Value<string> }) =>
    ownerId ? projects.where('projects.owner_id', '=', ownerId as unknown as string) : projects,
});

/** Ordered by what does not stand in the rows themselves. */
const goods = entityList({
  table: 'products',
  columns: ['products.id', 'products.name'],
  orders: {
    SOLD: {
      through: 'stock_levels',
      key: 'product_id',
      column: 'stock_levels.units_sold',
      type: 'bigint',
      property: 'unitsSold',
    },
    SOLD_OF_FEW: {
      through: 'stock_levels',
      key: 'product_id',
      column: 'stock_levels.units_sold',
      type: 'bigint',
      property: 'unitsSold',
      canLeaveFew: () => true,
    },
    LENGTH: {
      computed: ({ unit }: { unit: Value<number> }) => sql`length(products.name) / ${unit}`,
      type: 'integer',
      property: 'length',
    },
  },
  matching: (products, _criteria: { unit: Value<number> }) => products,
  summary: {
    columns: () => [sql`products.currency`.as('currency')],
    of: (_asked, listed) => sql`SELECT currency FROM ${listed} GROUP BY currency`,
  },
});

/** The tables that a statement reads, each as often as it does: not what it has named itself, with WITH. */
function tablesOf(text: string): string[] {
  const named = [...text.matchAll(/(?:\bWITH|,)\s+(\w+) AS (?:MATERIALIZED )?\(/g)];
  const own = new Set(named.map(([, name]) => `"${name}"`));
  return (text.match(/(?<=from )"\w+"/gi) ?? []).filter((table) => !own.has(table));
}

/** Each read of a table is of the organization's rows alone. */
function expectOrganizations(text: string, parameters: readonly unknown[]): void {
  const tables = tablesOf(text);
  expect(tables).toEqual(expect.arrayContaining(['"products"']));
  for (const table of new Set(tables)) {
    const named = [...text.matchAll(new RegExp(`${table}\\."org_id" = \\$(\\d+)`, 'g'))];
    expect(named).toHaveLength(tables.filter((each) => each === table).length);
    for (const [, place] of named) expect(parameters[Number(place) - 1]).toBe(ORG);
  }
}

const asked = {
  criteria: {},
  orderBy: { field: 'NAME', direction: 'asc' },
  request: { limit: 2, backward: false, cursor: null },
} as const;

describe('the list of an entity', () => {
  it('names the organization in every statement, whatever the criteria leave out', async () => {
    const { sent, tx } = recorder();
    const page = await list.page(tx, asked);
    await page.totalCount();
    const child = await list.children({ tx })('owner_id', ID, { ...asked, filter: null });
    await child.totalCount();
    expect(sent).toHaveLength(4);
    for (const { sql, parameters } of sent) {
      const [, place] = /"projects"\."org_id" = \$(\d)/.exec(sql) ?? [];
      expect(parameters[Number(place) - 1]).toBe(ORG);
    }
  });

  it.each([
    ['SOLD', 2, 2],
    ['SOLD_OF_FEW', 5, 2],
    ['LENGTH', 1, 1],
  ] as const)(
    'names the organization each time that an order reads a table: %s',
    async (field, ...reads) => {
      const { sent, tx } = recorder();
      const orderBy = { field, direction: 'desc' } as const;
      const ordered = { ...asked, orderBy, criteria: { unit: value(1) } };
      await goods.page(tx, ordered);
      await goods.children({ tx })('category_id', ID, { ...ordered, filter: null });
      expect(sent).toHaveLength(2);
      for (const [index, { sql: text, parameters }] of sent.entries()) {
        expect(tablesOf(text)).toHaveLength(reads[index] as number);
        expectOrganizations(text, parameters);
      }
    },
  );

  it.each([
    ['SOLD_OF_FEW', 5],
    ['LENGTH', 2],
  ] as const)(
    'names the organization each time that a page with its summary reads a table: %s',
    async (field, reads) => {
      const { sent, tx } = recorder();
      const orderBy = { field, direction: 'desc' } as const;
      const ordered = { ...asked, orderBy, criteria: { unit: value(1) } };
      // Nothing is found, not even the row with the summary.
      await expect(goods.summarizedPage(tx, ordered, ['currency'])).rejects.toThrow(TypeError);
      expect(sent).toHaveLength(1);
      for (const { sql: text, parameters } of sent) {
        expect(tablesOf(text)).toHaveLength(reads);
        expectOrganizations(text, parameters);
      }
    },
  );

  it('follows the index of another table alone, and the rows of a parent with one', async () => {
    const { sent, tx } = recorder();
    const orderBy = { field: 'SOLD', direction: 'desc' } as const;
    const ordered = { ...asked, orderBy, criteria: { unit: value(1) } };
    await goods.page(tx, ordered);
    await goods.children({ tx })('category_id', ID, { ...ordered, filter: null });
    const order = '"stock_levels"."units_sold" DESC, "stock_levels"."product_id" DESC';
    for (const { sql: text } of sent) expect(text).toContain(order);
    expect(sent[0]?.sql).toMatch(/FROM "stock_levels"\s+CROSS JOIN LATERAL \(select .* limit/s);
    expect(sent[1]?.sql).toMatch(/from "products" inner join lateral \(\s*SELECT .* LIMIT 1\)/s);
  });

  it('is built once for criteria that differ in their values alone', async () => {
    const { sent, tx } = recorder();
    for (const ownerId of [ID, ORG]) {
      await list.page(tx, { ...asked, criteria: { ownerId: value(ownerId) } });
    }
    const [one, other] = sent;
    expect(one?.sql).toBe(other?.sql);
    expect([one?.parameters[1], other?.parameters[1]]).toEqual([ID, ORG]);
  });

  it('reads on demand what is asked for, and what a cursor needs of it', async () => {
    const { sent, tx } = recorder();
    const orderBy = { field: 'CREATED_AT', direction: 'desc' } as const;
    const demand = { fields: new Set(['description']), cursors: false };
    await list.page(tx, { ...asked, orderBy, demand });
    await list.page(tx, { ...asked, orderBy, demand: { fields: new Set(), cursors: true } });
    await list.page(tx, { ...asked, orderBy });
    const columns = sent.map(({ sql }) => sql.slice(0, sql.indexOf(' from ')));
    expect(columns).toEqual([
      'select "projects"."id", "projects"."name", "projects"."description"',
      'select "projects"."id", "projects"."name", "projects"."created_at" as "createdAt"',
      'select "projects"."id", "projects"."name", "projects"."description", "projects"."created_at" as "createdAt"',
    ]);
  });

  it('asks once for all parents of the same list, and again for another', async () => {
    const { sent, tx } = recorder();
    const pages = list.children({ tx });
    const request = { ...asked.request, limit: 3 };
    await Promise.all([
      pages('owner_id', ID, { ...asked, filter: null }),
      pages('owner_id', ORG, { ...asked, filter: null }),
      pages('owner_id', ID, { ...asked, request, filter: null }),
      pages('owner_id', ID, { ...asked, filter: { text: 'x' } }),
    ]);
    expect(sent.map(({ parameters }) => parameters[0])).toEqual([[ID, ORG], [ID], [ID]]);
  });

  it('refuses the cursor of another list, even where there is nothing in it', async () => {
    const { tx } = recorder();
    const request = { ...asked.request, cursor: 'e30' };
    const refusal = expect.objectContaining({ code: 'BAD_USER_INPUT' });
    await expect(list.page(tx, { ...asked, request })).rejects.toEqual(refusal);
    expect(() => list.emptyPage({ ...asked, request })).toThrow(refusal);
  });
});

describe('a row by its id', () => {
  it('is looked for in the organization alone', async () => {
    const { sent, tx } = recorder();
    await findByIds('tasks', ['tasks.id'])(tx, [ID]);
    const { sql, parameters } = sent[0] as Sent;
    expect(sql).toContain('where "tasks"."org_id" = $2 and "tasks"."id" = key.id');
    expect(parameters.slice(0, 2)).toEqual([[ID], ORG]);
  });
});
