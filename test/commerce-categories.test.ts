import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeId, newUuid } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Api, type Organization, startApi, unknownId } from './support/api.js';
import { eventually } from './support/eventually.js';
import { statementsOf } from './support/statements.js';

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field.
type Json = any;

const CREATE = `mutation ($input: CreateCategoryInput!) {
  createCategory(input: $input) { id name slug position version parent { id } }
}`;
const UPDATE = `mutation ($input: UpdateCategoryInput!) {
  updateCategory(input: $input) { id name slug version }
}`;
const MOVE = `mutation ($input: MoveCategoryInput!) {
  moveCategory(input: $input) { id version position parent { id } ancestors { name } }
}`;
const REMOVE = `mutation ($input: CategoryVersionInput!) {
  removeCategory(input: $input) { id name position version parent { name } children { totalCount } }
}`;

let api: Api;
let globex: Organization;
/** A new one for each test, so that the tree is its own. */
let acme: Organization;

beforeAll(async () => {
  api = await startApi();
  globex = await api.createOrganization();
});

beforeEach(async () => {
  acme = await api.createOrganization();
});

afterAll(() => api?.close());

interface Category {
  id: string;
  uuid: string;
  version: number;
}

async function create(
  name: string,
  parent: { id: string } | null = null,
  input: object = {},
  { owner } = acme,
): Promise<Category> {
  const { createCategory } = await owner.ask(CREATE, {
    input: { name, parentId: parent?.id ?? null, ...input },
  });
  return { ...createCategory, uuid: decodeId('cat', createCategory.id, 'id') };
}

/** One below the other. */
async function createChain(...names: string[]): Promise<Category[]> {
  const chain: Category[] = [];
  for (const name of names) chain.push(await create(name, chain.at(-1)));
  return chain;
}

const move = ({ id, version }: Category, to: object) =>
  acme.admin.ask(MOVE, { input: { id, version, ...to } });

const refusedMove = ({ id, version }: Category, to: object) =>
  acme.admin.fail(MOVE, { input: { id, version, ...to } });

async function inDatabase(statement: string, values: unknown[] = []): Promise<Json[]> {
  return withAdminConnection(
    api.database.superuserUrl,
    async (client) => (await client.query(statement, values)).rows,
  );
}

/** The whole tree, as the tables have it: `a(b c(d))`. */
async function tree({ tenant } = acme): Promise<string> {
  const rows = await inDatabase(
    'SELECT id, parent_id AS "parentId", name FROM categories WHERE org_id = $1 ORDER BY position, id',
    [tenant.orgId],
  );
  const below = (parentId: string | null): string =>
    rows
      .filter((row) => row.parentId === parentId)
      .map(({ id, name }) => {
        const inner = below(id);
        return inner ? `${name}(${inner})` : name;
      })
      .join(' ');
  return below(null);
}

async function insertProduct(
  categoryId: string | null,
  { deleted = false, org = acme } = {},
): Promise<string> {
  const id = newUuid();
  await inDatabase(PRODUCT, [org.tenant.orgId, id, categoryId, deleted ? new Date() : null]);
  return id;
}

const PRODUCT = `INSERT INTO products (org_id, id, category_id, sku, name, price_amount, currency, deleted_at)
  VALUES ($1, $2::uuid, $3, $2::uuid::text, 'something', 100, 'EUR', $4)`;

describe('a category', () => {
  it('is made at the top or below another one, behind its siblings', async () => {
    const { createCategory: shoes } = await acme.admin.ask(CREATE, { input: { name: 'Shoes' } });
    expect(shoes).toEqual({
      id: expect.stringMatching(/^cat_/),
      name: 'Shoes',
      slug: 'shoes',
      position: 0,
      version: 1,
      parent: null,
    });
    expect(await create('Boots', shoes)).toMatchObject({ position: 0, parent: { id: shoes.id } });
    expect(await create('Sandals', shoes)).toMatchObject({ position: 1 });
    expect(await create('Hats')).toMatchObject({ position: 1, parent: null });
    expect(await tree()).toBe('Shoes(Boots Sandals) Hats');
  });

  it('is made in front of another one where a position is asked for', async () => {
    for (const name of ['a', 'b', 'c']) await create(name);
    expect(await create('x', null, { position: 1 })).toMatchObject({ position: 1 });
    expect(await tree()).toBe('a x b c');
    expect(await create('y', null, { position: 1_000_000 })).toMatchObject({ position: 4 });
    expect(await create('z', null, { position: 0 })).toMatchObject({ position: 0 });
    expect(await tree()).toBe('z a x b c y');
    const error = await acme.admin.fail(CREATE, { input: { name: 'w', position: -1 } });
    expect(error.extensions.fields).toEqual([
      { path: 'input.position', message: 'Must be 0 or more.' },
    ]);
  });

  it('makes way without becoming another version', async () => {
    const a = await create('a');
    await create('b', null, { position: 0 });
    await move(a, { position: 0 });
    expect(await tree()).toBe('a b');
  });

  it('is found by its id, with what is above it and below it', async () => {
    const [a, b, c] = await createChain('a', 'b', 'c');
    await create('c2', b);
    const { category } = await acme.viewer.ask(
      `query ($id: ID!) { category(id: $id) {
        name parent { name } ancestors { name } children { totalCount nodes { name ancestors { name } } }
      } }`,
      { id: b?.id },
    );
    const ancestors = [{ name: 'a' }, { name: 'b' }];
    expect(category).toEqual({
      name: 'b',
      parent: { name: 'a' },
      ancestors: [{ name: 'a' }],
      children: {
        totalCount: 2,
        nodes: [
          { name: 'c', ancestors },
          { name: 'c2', ancestors },
        ],
      },
    });
    for (const id of [unknownId('cat'), (await create('x', null, {}, globex)).id]) {
      const error = await acme.viewer.fail('query ($id: ID!) { category(id: $id) { id } }', { id });
      expect(error.extensions).toEqual({ code: 'NOT_FOUND', id });
    }
    expect([a, c].every(Boolean)).toBe(true);
  });

  it('is changed by its version', async () => {
    const { id } = await create('a');
    const { updateCategory } = await acme.admin.ask(UPDATE, {
      input: { id, version: 1, name: 'A much better name' },
    });
    expect(updateCategory).toEqual({ id, name: 'A much better name', slug: 'a', version: 2 });
    const parent = await create('parent');
    await acme.admin.ask(MOVE, { input: { id, version: 2, parentId: parent.id } });
    for (const [mutation, input] of [
      [UPDATE, { name: 'x' }],
      [MOVE, { parentId: null }],
      [REMOVE, {}],
    ] as const) {
      const error = await acme.admin.fail(mutation, { input: { id, version: 2, ...input } });
      expect(error.extensions).toMatchObject({
        code: 'VERSION_CONFLICT',
        currentVersion: 3,
        current: { id, parentId: parent.id, name: 'A much better name', version: 3 },
      });
      const missing = unknownId('cat');
      const none = await acme.admin.fail(mutation, {
        input: { id: missing, version: 1, ...input },
      });
      expect(none.extensions).toEqual({ code: 'NOT_FOUND', id: missing });
    }
  });

  it('cannot be put below one that is not there, or is of another organization', async () => {
    const mine = await create('mine');
    const theirs = await create('theirs', null, {}, globex);
    for (const parentId of [unknownId('cat'), theirs.id]) {
      const input = { name: 'x', parentId };
      expect((await acme.admin.fail(CREATE, { input })).extensions).toEqual({
        code: 'NOT_FOUND',
        id: parentId,
      });
      expect((await refusedMove(mine, { parentId })).extensions).toEqual({
        code: 'NOT_FOUND',
        id: parentId,
      });
    }
    expect(await tree()).toBe('mine');
  });
});

describe('the slug of a category', () => {
  it('is made of the name, with a number where it is taken', async () => {
    const slugs = [];
    for (let index = 0; index < 7; index++) {
      const { createCategory } = await acme.admin.ask(CREATE, { input: { name: 'Küche & Bad' } });
      slugs.push(createCategory.slug);
    }
    expect(slugs).toEqual(['kuche-bad', ...[2, 3, 4, 5, 6, 7].map((n) => `kuche-bad-${n}`)]);
    expect(await create('Küche, Bad', null, {}, globex)).toMatchObject({ slug: 'kuche-bad' });
  });

  it('can be given, and is refused where another category has it', async () => {
    const taken = await create('a', null, { slug: 'garden-tools' });
    const other = await create('b');
    const message = 'Another category has this slug. Take another one.';
    const refusal = { message, extensions: { code: 'ALREADY_EXISTS', field: 'input.slug' } };
    const input = { name: 'c', slug: 'garden-tools' };
    expect(await acme.admin.fail(CREATE, { input })).toMatchObject(refusal);
    const change = { id: other.id, version: 1, slug: 'garden-tools' };
    expect(await acme.admin.fail(UPDATE, { input: change })).toMatchObject(refusal);
    const same = { id: taken.id, version: 1, slug: 'garden-tools' };
    expect((await acme.admin.ask(UPDATE, { input: same })).updateCategory.version).toBe(2);
    expect(await create('c', null, { slug: 'garden-tools' }, globex)).toMatchObject({
      slug: 'garden-tools',
    });
  });

  it.each(['', 'Shoes', 'a--b', '-a', 'a b', 'ä', 'x'.repeat(121)])(
    'cannot be %j',
    async (slug) => {
      const error = await acme.admin.fail(CREATE, { input: { name: 'a', slug } });
      expect(error.extensions.fields).toMatchObject([{ path: 'input.slug' }]);
    },
  );
});

describe('the list of categories', () => {
  const LIST = `query ($filter: CategoryFilter, $orderBy: CategoryOrder, $first: Int, $after: String) {
    categories(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
      totalCount nodes { name } pageInfo { endCursor }
    }
  }`;
  const names = async (variables: object = {}) => {
    const { categories } = await acme.viewer.ask(LIST, variables);
    expect(categories.totalCount).toBe(categories.nodes.length);
    return categories.nodes.map(({ name }: Json) => name);
  };

  it('is filtered by what they stand below, and by what is in the name', async () => {
    const shoes = await create('Shoes');
    await create('Hats');
    const boots = await create('Winter Boots', shoes);
    await create('Army boots', shoes);
    await create('Laces', boots);
    expect(await names({ filter: { topLevel: true } })).toEqual(['Shoes', 'Hats']);
    expect(await names({ filter: { parentId: shoes.id } })).toEqual(['Winter Boots', 'Army boots']);
    expect(
      await names({ filter: { parentId: shoes.id }, orderBy: { field: 'NAME', direction: 'ASC' } }),
    ).toEqual(['Army boots', 'Winter Boots']);
    expect(await names({ filter: { search: 'BOOT' } })).toEqual(['Winter Boots', 'Army boots']);
    expect(await names({ filter: { search: '%' } })).toEqual([]);
    expect((await names({ filter: { topLevel: false } })).sort()).toEqual([
      'Army boots',
      'Laces',
      'Winter Boots',
    ]);
    expect(await names({ filter: { parentId: shoes.id, topLevel: true } })).toEqual([]);
    expect(await names({ orderBy: { field: 'NAME', direction: 'DESC' } })).toEqual([
      'Winter Boots',
      'Shoes',
      'Laces',
      'Hats',
      'Army boots',
    ]);
  });

  it('has pages', async () => {
    for (const name of ['a', 'b', 'c']) await create(name);
    const page = async (after?: string) => {
      const { categories } = await acme.viewer.ask(LIST, { first: 2, after });
      return [categories.nodes.map(({ name }: Json) => name), categories.pageInfo.endCursor];
    };
    const [first, cursor] = await page();
    expect(first).toEqual(['a', 'b']);
    expect((await page(cursor))[0]).toEqual(['c']);
  });

  it('and of children takes as many statements for many as for few', async () => {
    const NESTED = `query ($first: Int!) {
      categories(first: $first) { nodes {
        parent { name } ancestors { name } children(first: 3) { totalCount nodes { name ancestors { name } } }
      } }
    }`;
    const count = async () =>
      (await statementsOf(() => acme.viewer.ask(NESTED, { first: 9 }))).length;
    await createChain('x1', 'x2', 'x3');
    const few = await count();
    for (const name of ['y', 'z']) await createChain(`${name}1`, `${name}2`, `${name}3`);
    expect(await count()).toBe(few);
    const deep = await acme.viewer.ask(NESTED, { first: 9 });
    expect(JSON.stringify(deep)).toContain(
      '{"name":"z3","ancestors":[{"name":"z1"},{"name":"z2"}]}',
    );
  });
});

describe('moving a category', () => {
  it('takes all that is below it along', async () => {
    const [a, b] = await createChain('a', 'b', 'c', 'd');
    await create('b2', a);
    const x = await create('x');
    await create('y', x);
    const { moveCategory } = await move(b as Category, { parentId: x.id });
    expect(moveCategory).toEqual({
      id: b?.id,
      version: 2,
      position: 1,
      parent: { id: x.id },
      ancestors: [{ name: 'x' }],
    });
    expect(await tree()).toBe('a(b2) x(y b(c(d)))');
    await acme.admin.ask(MOVE, { input: { id: b?.id, version: 2, parentId: null, position: 0 } });
    expect(await tree()).toBe('b(c(d)) a(b2) x(y)');
  });

  it('leaves it below the same one where no other is given', async () => {
    const parent = await create('p');
    const children = [];
    for (const name of ['a', 'b', 'c', 'd']) children.push(await create(name, parent));
    const [a, , , d] = children as [Category, Category, Category, Category];
    await move(d, { position: 1 });
    expect(await tree()).toBe('p(a d b c)');
    const { position } = (await move(a, {})).moveCategory;
    expect(await tree()).toBe('p(d b c a)');
    const again = await move({ ...a, version: 2 }, { position: 99 });
    expect(again.moveCategory.position).toBe(position);
    expect(await tree()).toBe('p(d b c a)');
  });

  it('below itself is refused', async () => {
    const [a, b, c] = await createChain('a', 'b', 'c');
    for (const parent of [a, b, c]) {
      const error = await refusedMove(a as Category, { parentId: parent?.id });
      expect(error.extensions).toEqual({
        code: 'BAD_USER_INPUT',
        fields: [
          {
            path: 'input.parentId',
            message:
              'A category cannot stand below itself. Take one that is neither this one nor below it.',
          },
        ],
      });
    }
    expect(await tree()).toBe('a(b(c))');
  });

  it('is refused where the tree would have more than 10 levels', async () => {
    const chain = await createChain(...Array.from({ length: 10 }, (_, index) => `l${index + 1}`));
    const input = { name: 'l11', parentId: chain[9]?.id };
    const refused = await acme.admin.fail(CREATE, { input });
    expect(refused.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.parentId' }],
    });
    const [x] = await createChain('x', 'y', 'z');
    const tooDeep = await refusedMove(x as Category, { parentId: chain[7]?.id });
    expect(tooDeep.extensions.fields).toEqual([
      {
        path: 'input.parentId',
        message:
          'Categories have at most 10 levels; 8 up to this one and 3 below it are too many. Take one that is further up.',
      },
    ]);
    await move(x as Category, { parentId: chain[6]?.id });
    const { categories } = await acme.viewer.ask(
      '{ categories(filter: { search: "l10" }) { nodes { ancestors { name } } } }',
    );
    expect(categories.nodes[0].ancestors).toHaveLength(9);
    expect(await tree()).toBe('l1(l2(l3(l4(l5(l6(l7(l8(l9(l10)) x(y(z)))))))))');
  });
});

describe('removing a category', () => {
  it('puts its children in its place, and its products where it was, deleted ones too', async () => {
    const top = await create('top');
    await create('a', top);
    const b = await create('b', top);
    const c = await create('c', top);
    for (const name of ['b1', 'b2', 'b3']) await create(name, b);
    const inB = [await insertProduct(b.uuid), await insertProduct(b.uuid, { deleted: true })];
    const inC = await insertProduct(c.uuid);
    const { removeCategory } = await acme.admin.ask(REMOVE, { input: { id: b.id, version: 1 } });
    expect(removeCategory).toEqual({
      id: b.id,
      name: 'b',
      position: 1,
      version: 1,
      parent: { name: 'top' },
      children: { totalCount: 0 },
    });
    expect(await tree()).toBe('top(a b1 b2 b3 c)');
    const products = await inDatabase(
      'SELECT id, category_id AS "categoryId", version FROM products WHERE org_id = $1 ORDER BY id',
      [acme.tenant.orgId],
    );
    expect(products).toEqual([
      ...inB.map((id) => ({ id, categoryId: top.uuid, version: 2 })),
      { id: inC, categoryId: c.uuid, version: 1 },
    ]);
    await acme.admin.ask(REMOVE, { input: { id: top.id, version: 1 } });
    expect(await tree()).toBe('a b1 b2 b3 c');
    expect(
      await inDatabase('SELECT id FROM products WHERE org_id = $1 AND category_id IS NULL', [
        acme.tenant.orgId,
      ]),
    ).toHaveLength(2);
  });

  it('changes nothing where it is refused', async () => {
    const [a, b] = await createChain('a', 'b');
    await insertProduct(b?.uuid as string);
    const input = { id: a?.id, version: 7 };
    expect((await acme.admin.fail(REMOVE, { input })).extensions.code).toBe('VERSION_CONFLICT');
    expect((await acme.member.fail(REMOVE, { input })).extensions.code).toBe('FORBIDDEN');
    expect(await tree()).toBe('a(b)');
  });

  it('makes the version that somebody has read of a child or a product a stale one', async () => {
    const [a, b] = await createChain('a', 'b');
    await acme.admin.ask(REMOVE, { input: { id: a?.id, version: 1 } });
    const input = { id: b?.id, version: 1, name: 'x' };
    expect((await acme.admin.fail(UPDATE, { input })).extensions.code).toBe('VERSION_CONFLICT');
  });
});

describe('an organization with a tree of categories', () => {
  it('can be erased', async () => {
    const chain = await createChain('a', 'b', 'c');
    for (const { uuid } of chain) await insertProduct(uuid);
    await api.app.tenancy.withTenant(acme.tenant, 'write', async ({ prisma }) => {
      await prisma.organization.deleteMany({ where: { id: acme.tenant.orgId } });
    });
    expect(
      await inDatabase('SELECT id FROM categories WHERE org_id = $1', [acme.tenant.orgId]),
    ).toEqual([]);
  });
});

describe('changes at the same time', () => {
  const waiting = async () => {
    const [row] = await inDatabase(
      "SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    return row.count;
  };

  /** The second comes when the first is under way and has to wait for a row; then both go on. */
  const overtaking = async <First, Second>(
    row: Category,
    first: () => Promise<First>,
    second: () => Promise<Second>,
    meanwhile: () => Promise<unknown> = async () => undefined,
  ): Promise<[First, Second]> =>
    withAdminConnection(api.database.superuserUrl, async (client) => {
      await client.query('BEGIN');
      await client.query('SELECT FROM categories WHERE id = $1 FOR UPDATE', [row.uuid]);
      const begun = first();
      await eventually(async () => (await waiting()) >= 1, 'the first one waits');
      const late = second();
      await eventually(async () => (await waiting()) >= 2, 'the second one waits as well');
      await meanwhile();
      await client.query('COMMIT');
      return [await begun, await late];
    });

  const sent = ({ id, version }: Category, to: object) =>
    acme.admin.send(MOVE, { input: { id, version, ...to } });

  it('make no ring: of two moves below each other, one is refused', async () => {
    const [a, b] = [await create('a'), await create('b')];
    const [first, second] = await overtaking(
      a,
      () => sent(a, { parentId: b.id }),
      () => sent(b, { parentId: a.id }),
    );
    expect(first.errors).toBeUndefined();
    expect(second.errors?.[0].extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.parentId' }],
    });
    expect(await tree()).toBe('b(a)');
  });

  it('make no tree that is too deep', async () => {
    const [top, , , , leaf] = await createChain('a', 'b', 'c', 'd', 'e');
    const below = (await createChain('1', '2', '3', '4', '5')).at(-1) as Category;
    const [moved, made] = await overtaking(
      top as Category,
      () => sent(top as Category, { parentId: below.id }),
      () => acme.admin.send(CREATE, { input: { name: 'f', parentId: leaf?.id } }),
    );
    expect(moved.errors).toBeUndefined();
    expect(made.errors?.[0].extensions.code).toBe('BAD_USER_INPUT');
    expect(await tree()).toBe('1(2(3(4(5(a(b(c(d(e)))))))))');
  });

  it('put nothing below a category that is being removed', async () => {
    const [a, b] = await createChain('a', 'b');
    const [removed, made] = await overtaking(
      b as Category,
      () => acme.admin.send(REMOVE, { input: { id: b?.id, version: 1 } }),
      () => acme.admin.send(CREATE, { input: { name: 'c', parentId: b?.id } }),
    );
    expect(removed.errors).toBeUndefined();
    expect(made.errors?.[0].extensions).toEqual({ code: 'NOT_FOUND', id: b?.id });
    expect(await tree()).toBe('a');
    expect(a).toBeDefined();
  });

  it('give no two categories the same derived slug', async () => {
    const a = await create('a');
    const [, made] = await overtaking(
      a,
      () => acme.admin.send(UPDATE, { input: { id: a.id, version: 1, slug: 'shoes' } }),
      () => acme.admin.send(CREATE, { input: { name: 'Shoes' } }),
    );
    expect(made.data.createCategory.slug).toBe('shoes-2');
  });

  it('wait for those of their own organization alone', async () => {
    const [a, b] = [await create('a'), await create('b')];
    await overtaking(
      a,
      () => sent(a, { parentId: b.id }),
      () => acme.admin.send(CREATE, { input: { name: 'c' } }),
      () => create('unhindered', null, {}, globex),
    );
    expect(await tree()).toBe('b(a) c');
    expect(await tree(globex)).toContain('unhindered');
  });

  it('lose no product that is put into a category while it is removed', async () => {
    const [a, b] = await createChain('a', 'b');
    const removing = await withAdminConnection(api.database.superuserUrl, async (client) => {
      await client.query('BEGIN');
      await client.query(PRODUCT, [acme.tenant.orgId, newUuid(), b?.uuid, null]);
      const answer = acme.admin.send(REMOVE, { input: { id: b?.id, version: 1 } });
      await eventually(async () => (await waiting()) >= 1, 'the removal waits');
      await client.query('COMMIT');
      return answer;
    });
    expect(removing.errors).toBeUndefined();
    const rows = await inDatabase('SELECT category_id AS id FROM products WHERE org_id = $1', [
      acme.tenant.orgId,
    ]);
    expect(rows).toEqual([{ id: a?.uuid }]);
  });

  it('lock the products of a category that is removed in the order in which imports do it', async () => {
    const { uuid, id } = await create('a');
    for (const sku of ['C', 'a', 'B']) {
      await inDatabase('UPDATE products SET sku = $2 WHERE id = $1', [
        await insertProduct(uuid),
        sku,
      ]);
    }
    const lock = (sku: string) =>
      `SELECT FROM products WHERE org_id = '${acme.tenant.orgId}' AND sku = '${sku}' FOR UPDATE`;
    const { superuserUrl } = api.database;
    const removed = await withAdminConnection(superuserUrl, async (client) => {
      await client.query('BEGIN');
      await client.query(lock('B'));
      const answer = acme.admin.send(REMOVE, { input: { id, version: 1 } });
      await eventually(async () => (await waiting()) >= 1, 'the removal waits');
      // Neither is what comes behind it locked yet, by capitals first.
      for (const sku of ['C', 'a']) expect(await inDatabase(`${lock(sku)} NOWAIT`)).toHaveLength(1);
      await client.query('COMMIT');
      return answer;
    });
    expect(removed.errors).toBeUndefined();
    expect(
      await inDatabase('SELECT sku FROM products WHERE org_id = $1 AND category_id IS NULL', [
        acme.tenant.orgId,
      ]),
    ).toHaveLength(3);
  });

  it('leave a tree, however many there are', async () => {
    const all = await createChain(...'abcdefgh');
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, async (_, worker) => {
        const codes = [];
        for (let step = 0; step < 8; step++) {
          const one = all[(worker * 5 + step * 3) % all.length] as Category;
          const parent = all[(worker * 3 + step * 7 + 1) % all.length] as Category;
          const [row] = await inDatabase('SELECT version FROM categories WHERE id = $1', [
            one.uuid,
          ]);
          const to = { parentId: step % 4 === 3 ? null : parent.id, position: worker % 3 };
          const { errors } = await sent({ ...one, version: row.version }, to);
          codes.push(errors ? errors[0].extensions.code : 'moved');
        }
        return codes;
      }),
    );
    expect(new Set(outcomes.flat())).toEqual(
      new Set(['moved', 'BAD_USER_INPUT', 'VERSION_CONFLICT']),
    );
    // What hangs in a ring is in no tree.
    expect((await tree()).match(/[a-h]/g)?.sort()).toEqual([...'abcdefgh']);
    const positions = await inDatabase(
      'SELECT count(*)::int, count(DISTINCT (parent_id, position))::int AS places FROM categories WHERE org_id = $1',
      [acme.tenant.orgId],
    );
    expect(positions).toEqual([{ count: 8, places: 8 }]);
  });
});
