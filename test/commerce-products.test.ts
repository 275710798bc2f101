import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from 'pg';
import { decodeId, encodeId, newUuid } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Api, type Organization, startApi, unknownId } from './support/api.js';
import { eventually } from './support/eventually.js';
import { NUL } from './support/hostile-values.js';

let api: Api;
let acme: Organization;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization();
});

afterAll(() => api?.close());

const FIELDS = `
  id sku name description active metadata version deletedAt
  price { amount currency decimal } category { id }`;
const mutation = (field: string, type: string) =>
  `mutation ($input: ${type}!) { ${field}(input: $input) { ${FIELDS} } }`;
const CREATE = mutation('createProduct', 'CreateProductInput');
const UPDATE = mutation('updateProduct', 'UpdateProductInput');
const DELETE = mutation('deleteProduct', 'ProductVersionInput');
const RESTORE = mutation('restoreProduct', 'ProductVersionInput');
const BY_SKU = `query ($sku: String!) { productBySku(sku: $sku) { ${FIELDS} } }`;
const LIST = `query ($filter: ProductFilter, $orderBy: ProductOrder, $first: Int, $after: String) {
  products(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    totalCount nodes { sku } pageInfo { hasNextPage endCursor }
  }
}`;

const asSuperuser = <T>(work: (client: Client) => Promise<T>) =>
  withAdminConnection(api.database.superuserUrl, work);

const input = (more: object = {}) => ({
  sku: `sku-${newUuid()}`,
  name: 'shirt',
  price: { amount: 1250, currency: 'EUR' },
  ...more,
});
const create = async (more: object = {}, { admin } = acme) =>
  (await admin.ask(CREATE, { input: input(more) })).createProduct;
const uuidOf = (id: string) => decodeId('prod', id, 'id');

/** Makes a category past the API; its public id comes back. */
async function createCategory(
  name: string,
  parent: string | null = null,
  { tenant } = acme,
): Promise<string> {
  const id = newUuid();
  const parentId = parent && decodeId('cat', parent, 'parent');
  await api.app.tenancy.withTenant(tenant, 'write', ({ prisma }) =>
    prisma.category.create({ data: { id, name, slug: `${name}-${id.slice(-12)}`, parentId } }),
  );
  return encodeId('cat', id);
}

/** What there is of a product, and how it came. */
async function stockOf(id: string) {
  return asSuperuser(async (client) => {
    const { rows: levels } = await client.query(
      `SELECT on_hand, low_stock_threshold, low_since IS NOT NULL AS is_low, units_sold::int
       FROM stock_levels WHERE product_id = $1`,
      [uuidOf(id)],
    );
    const { rows: movements } = await client.query(
      'SELECT kind, quantity, on_hand, actor_id FROM stock_movements WHERE product_id = $1',
      [uuidOf(id)],
    );
    return { levels, movements };
  });
}

describe('createProduct', () => {
  it('fills in what is left out', async () => {
    const sku = `sku-${newUuid()}`;
    expect(await create({ sku })).toEqual({
      id: expect.stringMatching(/^prod_[0-9a-hjkmnp-tv-z]{26}$/),
      sku,
      name: 'shirt',
      description: '',
      active: true,
      metadata: {},
      version: 1,
      deletedAt: null,
      price: { amount: 1250, currency: 'EUR', decimal: '12.50' },
      category: null,
    });
  });

  it('takes all that a product can have', async () => {
    const categoryId = await createCategory('shirts');
    const metadata = { colour: 'red', sizes: ['S', 'M'], care: { wash: 30, iron: null } };
    const product = await create({
      description: 'of cotton',
      price: { amount: 1_000_000_000, currency: 'JPY' },
      categoryId,
      active: false,
      metadata,
    });
    expect(product).toMatchObject({
      description: 'of cotton',
      active: false,
      metadata,
      price: { amount: 1_000_000_000, currency: 'JPY', decimal: '1000000000' },
      category: { id: categoryId },
    });
    const { product: read } = await acme.viewer.ask(
      `query ($id: ID!) { product(id: $id) { ${FIELDS} } }`,
      { id: product.id },
    );
    expect(read).toEqual(product);
  });

  it('makes the stock along with it: what there is came with a receipt', async () => {
    const { id } = await create({ initialStock: 7, lowStockThreshold: 3 });
    expect(await stockOf(id)).toEqual({
      levels: [{ on_hand: 7, low_stock_threshold: 3, is_low: false, units_sold: 0 }],
      movements: [{ kind: 'receipt', quantity: 7, on_hand: 7, actor_id: acme.admin.uuid }],
    });
  });

  it('makes a stock without movements where there is nothing', async () => {
    const { id } = await create();
    expect(await stockOf(id)).toEqual({
      levels: [{ on_hand: 0, low_stock_threshold: null, is_low: false, units_sold: 0 }],
      movements: [],
    });
  });

  it('is low in stock from the beginning where there is no more than the threshold', async () => {
    const { id } = await create({ initialStock: 3, lowStockThreshold: 3 });
    expect((await stockOf(id)).levels[0]).toMatchObject({ is_low: true });
  });

  it('refuses a SKU that another product has, and makes no stock for it', async () => {
    const { sku } = await create();
    const count = () =>
      asSuperuser(async (client) => {
        const { rows } = await client.query('SELECT count(*)::int FROM stock_levels');
        return rows[0].count;
      });
    const before = await count();
    const error = await acme.admin.fail(CREATE, { input: input({ sku, initialStock: 1 }) });
    expect(error.extensions).toEqual({ code: 'ALREADY_EXISTS', field: 'input.sku' });
    expect(await count()).toBe(before);
  });

  it('takes a SKU that another organization has, or that differs in its capitals', async () => {
    const { sku } = await create({ sku: 'same-everywhere' });
    const globex = await api.createOrganization();
    expect(await create({ sku }, globex)).toMatchObject({ sku });
    expect(await create({ sku: sku.toUpperCase() })).toMatchObject({ sku: 'SAME-EVERYWHERE' });
  });

  it('refuses a category that is not there, or is of another organization', async () => {
    const globex = await api.createOrganization();
    for (const categoryId of [unknownId('cat'), await createCategory('theirs', null, globex)]) {
      const error = await acme.admin.fail(CREATE, { input: input({ categoryId }) });
      expect(error.extensions).toEqual({ code: 'NOT_FOUND', id: categoryId });
    }
  });

  it('tells of all that is wrong at once, each by its path', async () => {
    const error = await acme.admin.fail(CREATE, {
      input: {
        sku: 'has spaces',
        name: ' ',
        description: NUL,
        price: { amount: -1, currency: 'EUR' },
        categoryId: unknownId('prod'),
        metadata: { a: NUL },
        initialStock: -1,
        lowStockThreshold: 1_000_000_001,
      },
    });
    expect(error.extensions.code).toBe('BAD_USER_INPUT');
    const paths = error.extensions.fields.map(({ path }: { path: string }) => path).sort();
    expect(paths).toEqual([
      'input.categoryId',
      'input.description',
      'input.initialStock',
      'input.lowStockThreshold',
      'input.metadata',
      'input.name',
      'input.price.amount',
      'input.sku',
    ]);
  });

  it('refuses metadata that is too long or too deep, and takes what just fits', async () => {
    const inside = { a: { b: { c: { d: [1] } } } };
    for (const metadata of [
      { a: 'x'.repeat(9_993) },
      { a: inside },
      { a: Array(40).fill(1e300) },
    ]) {
      const error = await acme.admin.fail(CREATE, { input: input({ metadata }) });
      expect(error.extensions.fields[0].path).toBe('input.metadata');
    }
    // What PostgreSQL writes out longest for as many bytes.
    const most = { a: Array(1_900).fill(0), b: 'x'.repeat(6_100) };
    for (const metadata of [{ a: 'x'.repeat(9_992) }, inside, { a: [1e300] }, most]) {
      expect(await create({ metadata })).toMatchObject({ metadata });
    }
  });
});

describe('productBySku', () => {
  it('finds the product that is not deleted; null where there is none', async () => {
    const product = await create();
    const bySku = async (sku: string) => (await acme.viewer.ask(BY_SKU, { sku })).productBySku;
    expect(await bySku(product.sku)).toEqual(product);
    expect(await bySku(product.sku.toUpperCase())).toBeNull();
    await acme.admin.ask(DELETE, { input: { id: product.id, version: 1 } });
    expect(await bySku(product.sku)).toBeNull();
    const globex = await api.createOrganization();
    expect(await globex.viewer.ask(BY_SKU, { sku: product.sku })).toEqual({ productBySku: null });
  });

  it('refuses what can be no SKU', async () => {
    for (const sku of ['', 'two words', 'é', NUL, 'x'.repeat(65)]) {
      const error = await acme.viewer.fail(BY_SKU, { sku });
      expect(error.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'sku' }] });
    }
  });
});

describe('updateProduct', () => {
  it('changes what is given and nothing else', async () => {
    const categoryId = await createCategory('shirts');
    const product = await create({ categoryId, metadata: { a: 1 } });
    const update = async (change: object) =>
      (await acme.admin.ask(UPDATE, { input: { id: product.id, ...change } })).updateProduct;
    expect(await update({ version: 1 })).toEqual({ ...product, version: 2 });
    const price = { amount: 5, currency: 'USD' };
    expect(await update({ version: 2, price, metadata: { b: 2 }, categoryId: null })).toEqual({
      ...product,
      version: 3,
      price: { ...price, decimal: '0.05' },
      metadata: { b: 2 },
      category: null,
    });
    expect(await update({ version: 3, name: 'coat', active: false, categoryId })).toMatchObject({
      version: 4,
      name: 'coat',
      active: false,
      metadata: { b: 2 },
      category: { id: categoryId },
    });
  });

  it('is refused for a version that somebody has changed since, with what there is now', async () => {
    const { id } = await create();
    const change = { input: { id, version: 1, name: 'coat' } };
    await acme.admin.ask(UPDATE, change);
    const error = await acme.admin.fail(UPDATE, change);
    expect(error.extensions).toMatchObject({
      code: 'VERSION_CONFLICT',
      currentVersion: 2,
      current: { id, name: 'coat', version: 2, price: { amount: 1250, decimal: '12.50' } },
    });
  });

  it('refuses a SKU that another product has, and null for what always has a value', async () => {
    const [{ sku }, { id }] = [await create(), await create()];
    const error = await acme.admin.fail(UPDATE, { input: { id, version: 1, sku } });
    expect(error.extensions).toEqual({ code: 'ALREADY_EXISTS', field: 'input.sku' });
    for (const field of ['sku', 'name', 'description', 'price', 'active', 'metadata']) {
      const refusal = await acme.admin.fail(UPDATE, { input: { id, version: 1, [field]: null } });
      expect(refusal.extensions.fields).toMatchObject([{ path: `input.${field}` }]);
    }
  });

  it('does not reach a product of another organization', async () => {
    const globex = await api.createOrganization();
    const { id } = await create({}, globex);
    const error = await acme.admin.fail(UPDATE, { input: { id, version: 1, name: 'mine' } });
    expect(error.extensions).toEqual({ code: 'NOT_FOUND', id });
  });
});

describe('deleteProduct and restoreProduct', () => {
  const change = (operation: string, id: string, version: number) =>
    acme.admin.ask(operation, { input: { id, version } });

  it('take a product away and bring it back, with its stock', async () => {
    const { id } = await create({ initialStock: 4 });
    const { deleteProduct } = await change(DELETE, id, 1);
    expect(deleteProduct).toMatchObject({ version: 2, deletedAt: expect.any(String) });
    const again = await acme.admin.fail(DELETE, { input: { id, version: 2 } });
    expect(again.extensions).toEqual({ code: 'NOT_FOUND', id });
    const { restoreProduct } = await change(RESTORE, id, 2);
    expect(restoreProduct).toMatchObject({ version: 3, deletedAt: null });
    expect((await stockOf(id)).levels).toMatchObject([{ on_hand: 4 }]);
  });

  it('leave the SKU to others meanwhile: then it cannot come back', async () => {
    const { id, sku } = await create();
    await change(DELETE, id, 1);
    const other = await create({ sku });
    const error = await acme.admin.fail(RESTORE, { input: { id, version: 2 } });
    expect(error.extensions).toEqual({ code: 'ALREADY_EXISTS', field: 'input.id' });
    await acme.admin.ask(UPDATE, { input: { id: other.id, version: 1, sku: `${sku}-b` } });
    expect((await change(RESTORE, id, 2)).restoreProduct).toMatchObject({ sku, deletedAt: null });
  });
});

describe('many at once', () => {
  it('of one SKU make one product', async () => {
    const sku = `sku-${newUuid()}`;
    const answers = await Promise.all(
      Array.from({ length: 12 }, () =>
        acme.admin.send(CREATE, { input: input({ sku, initialStock: 1 }) }),
      ),
    );
    const codes = answers.map(({ errors }) => errors?.[0].extensions.code ?? 'made').sort();
    expect(codes).toEqual([...Array(11).fill('ALREADY_EXISTS'), 'made']);
  });

  /** What somebody else has written, and not committed yet. */
  async function whileUncommitted<T>(
    [text, values]: [string, unknown[]],
    end: 'COMMIT' | 'ROLLBACK',
    work: () => Promise<T>,
  ): Promise<T> {
    const waiting = () =>
      asSuperuser(async (client) => {
        const { rows } = await client.query(
          "SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        );
        return rows[0].count === 1;
      });
    return asSuperuser(async (client) => {
      await client.query('BEGIN');
      await client.query(text, values);
      const working = work();
      await eventually(waiting, 'the work waits');
      await client.query(end);
      return working;
    });
  }

  const undelete = (id: string): [string, unknown[]] => [
    'UPDATE products SET deleted_at = NULL WHERE id = $1',
    [uuidOf(id)],
  ];

  it.each([
    ['COMMIT', 'ALREADY_EXISTS'],
    ['ROLLBACK', undefined],
  ] as const)('wait for who restores a product of the SKU: %s, %s', async (end, code) => {
    const { id, sku } = await create();
    await acme.admin.ask(DELETE, { input: { id, version: 1 } });
    const answer = await whileUncommitted(undelete(id), end, () =>
      acme.admin.send(CREATE, { input: input({ sku }) }),
    );
    expect(answer.errors?.[0].extensions.code).toBe(code);
  });

  it.each([
    ['COMMIT', 'NOT_FOUND'],
    ['ROLLBACK', undefined],
  ] as const)('wait for who removes their category: %s, %s', async (end, code) => {
    const categoryId = await createCategory('going');
    const removal: [string, unknown[]] = [
      'DELETE FROM categories WHERE id = $1',
      [decodeId('cat', categoryId, 'id')],
    ];
    const answer = await whileUncommitted(removal, end, () =>
      acme.admin.send(CREATE, { input: input({ categoryId }) }),
    );
    expect(answer.errors?.[0].extensions.code).toBe(code);
  });
});

describe('products', () => {
  let shop: Organization;
  const category: Record<string, string> = {};

  /** A shop with products whose SKUs say what they are. */
  const GOODS: [sku: string, more: object, unitsSold?: number][] = [
    [
      'TEE-RED',
      {
        name: 'Red shirt',
        price: eur(1_000),
        metadata: { colour: 'red', sizes: ['S', 'M'] },
        initialStock: 5,
      },
      7,
    ],
    [
      'TEE-BLUE',
      { name: 'Blue shirt', price: eur(1_500), metadata: { colour: 'blue', care: { wash: 30 } } },
      9,
    ],
    [
      'BOOT',
      {
        name: 'Walking boots',
        description: 'red laces',
        price: eur(9_000),
        active: false,
        metadata: { colour: 'red' },
        initialStock: 1,
      },
      2,
    ],
    ['BELT', { name: 'Belt', price: { amount: 1_200, currency: 'USD' }, metadata: { colour: 7 } }],
    ['RUNNERS-1', { name: 'Trainers', price: eur(5_000), initialStock: 2 }, 9],
  ];

  function eur(amount: number) {
    return { amount, currency: 'EUR' };
  }

  beforeAll(async () => {
    shop = await api.createOrganization();
    category.clothes = await createCategory('clothes', null, shop);
    category.shirts = await createCategory('shirts', category.clothes, shop);
    category.tees = await createCategory('tees', category.shirts, shop);
    category.shoes = await createCategory('shoes', null, shop);
    const within: Record<string, string | undefined> = {
      'TEE-RED': category.tees,
      'TEE-BLUE': category.shirts,
      BOOT: category.shoes,
      'RUNNERS-1': category.shoes,
    };
    for (const [sku, more, unitsSold = 0] of GOODS) {
      const { id } = await create({ sku, categoryId: within[sku], ...more }, shop);
      await asSuperuser((client) =>
        client.query('UPDATE stock_levels SET units_sold = $2 WHERE product_id = $1', [
          uuidOf(id),
          unitsSold,
        ]),
      );
    }
    const gone = await create({ sku: 'GONE', name: 'Red hat', categoryId: category.clothes }, shop);
    await shop.admin.ask(DELETE, { input: { id: gone.id, version: 1 } });
  });

  const skus = (list: { nodes: { sku: string }[] }) => list.nodes.map(({ sku }) => sku);
  const list = async (filter: object | null, orderBy: object = { field: 'NAME' }) => {
    const { products } = await shop.viewer.ask(LIST, { filter, orderBy });
    expect(products.totalCount).toBe(products.nodes.length);
    return skus(products);
  };

  it.each<[string, () => object, string[]]>([
    ['all that are not deleted', () => ({}), ['BELT', 'TEE-BLUE', 'TEE-RED', 'RUNNERS-1', 'BOOT']],
    ['those deleted', () => ({ deleted: true }), ['GONE']],
    [
      'a category with all below it',
      () => ({ categoryId: category.clothes }),
      ['TEE-BLUE', 'TEE-RED'],
    ],
    ['a category at the bottom', () => ({ categoryId: category.tees }), ['TEE-RED']],
    ['a category that nobody has', () => ({ categoryId: unknownId('cat') }), []],
    ['a currency', () => ({ price: { currency: 'USD' } }), ['BELT']],
    ['a price at least', () => ({ price: { currency: 'EUR', min: 5_000 } }), ['RUNNERS-1', 'BOOT']],
    [
      'a price at most',
      () => ({ price: { currency: 'EUR', max: 1_500 } }),
      ['TEE-BLUE', 'TEE-RED'],
    ],
    [
      'a price between',
      () => ({ price: { currency: 'EUR', min: 1_001, max: 8_999 } }),
      ['TEE-BLUE', 'RUNNERS-1'],
    ],
    ['what is in stock', () => ({ inStock: true }), ['TEE-RED', 'RUNNERS-1', 'BOOT']],
    ['what is not', () => ({ inStock: false }), ['BELT', 'TEE-BLUE']],
    ['what is not for sale', () => ({ active: false }), ['BOOT']],
    ['what is for sale', () => ({ active: true, inStock: true }), ['TEE-RED', 'RUNNERS-1']],
    ['metadata', () => ({ metadata: { colour: 'red' } }), ['TEE-RED', 'BOOT']],
    ['metadata of its type', () => ({ metadata: { colour: 7 } }), ['BELT']],
    ['metadata within', () => ({ metadata: { care: { wash: 30 } } }), ['TEE-BLUE']],
    ['metadata in a list', () => ({ metadata: { sizes: ['M'] } }), ['TEE-RED']],
    ['any metadata', () => ({ metadata: {}, categoryId: category.tees }), ['TEE-RED']],
    ['words, in any form', () => ({ text: 'shirts' }), ['TEE-BLUE', 'TEE-RED']],
    ['words of the description', () => ({ text: 'lace' }), ['BOOT']],
    ['words without others', () => ({ text: 'red -shirts' }), ['BOOT']],
    ['either of two', () => ({ text: 'belt or trainer' }), ['BELT', 'RUNNERS-1']],
    ['a SKU', () => ({ text: 'tee-blue' }), ['TEE-BLUE']],
    ['a SKU to the letter', () => ({ text: 'runners-1' }), ['RUNNERS-1']],
    [
      'null for nothing',
      () => ({
        categoryId: null,
        price: null,
        inStock: null,
        active: null,
        metadata: null,
        text: null,
        deleted: null,
      }),
      ['BELT', 'TEE-BLUE', 'TEE-RED', 'RUNNERS-1', 'BOOT'],
    ],
  ])('are narrowed down to %s', async (_what, filter, expected) => {
    expect(await list(filter())).toEqual(expected);
  });

  it.each<[object | undefined, object | null, string[]]>([
    [undefined, null, ['RUNNERS-1', 'BELT', 'BOOT', 'TEE-BLUE', 'TEE-RED']],
    [
      { field: 'CREATED_AT', direction: 'ASC' },
      null,
      ['TEE-RED', 'TEE-BLUE', 'BOOT', 'BELT', 'RUNNERS-1'],
    ],
    [{ field: 'NAME' }, null, ['BELT', 'TEE-BLUE', 'TEE-RED', 'RUNNERS-1', 'BOOT']],
    [{ field: 'PRICE' }, null, ['TEE-RED', 'BELT', 'TEE-BLUE', 'RUNNERS-1', 'BOOT']],
    [
      { field: 'PRICE', direction: 'DESC' },
      null,
      ['BOOT', 'RUNNERS-1', 'TEE-BLUE', 'BELT', 'TEE-RED'],
    ],
    [{ field: 'BEST_SELLING' }, null, ['RUNNERS-1', 'TEE-BLUE', 'TEE-RED', 'BOOT', 'BELT']],
    [
      { field: 'BEST_SELLING', direction: 'ASC' },
      { inStock: true },
      ['BOOT', 'TEE-RED', 'RUNNERS-1'],
    ],
    [{ field: 'RELEVANCE' }, { text: 'red' }, ['TEE-RED', 'BOOT']],
    [{ field: 'RELEVANCE', direction: 'ASC' }, { text: 'red' }, ['BOOT', 'TEE-RED']],
  ])('are ordered by %j', async (orderBy, filter, expected) => {
    const { products } = await shop.viewer.ask(LIST, { filter, ...(orderBy && { orderBy }) });
    expect(skus(products)).toEqual(expected);
    // The same, page by page: nothing twice, nothing left out.
    const paged: string[] = [];
    for (let after: string | null = null, more = true; more && paged.length <= expected.length; ) {
      const { products: page }: { products: typeof products } = await shop.viewer.ask(LIST, {
        filter,
        ...(orderBy && { orderBy }),
        first: 1,
        after,
      });
      paged.push(...skus(page));
      after = page.pageInfo.endCursor;
      more = page.pageInfo.hasNextPage;
    }
    expect(paged).toEqual(expected);
  });

  it('are paged from the end as well, in the order of another table', async () => {
    const { products } = await shop.viewer.ask(
      '{ products(last: 2, orderBy: { field: BEST_SELLING }) { nodes { sku } pageInfo { startCursor } } }',
    );
    expect(skus(products)).toEqual(['BOOT', 'BELT']);
    const before = await shop.viewer.ask(
      `query ($before: String) { products(last: 2, before: $before, orderBy: { field: BEST_SELLING }) { nodes { sku } } }`,
      { before: products.pageInfo.startCursor },
    );
    expect(skus(before.products)).toEqual(['TEE-BLUE', 'TEE-RED']);
  });

  it('are ordered by relevance only where words are given', async () => {
    for (const filter of [null, {}, { active: true }]) {
      const error = await shop.viewer.fail(LIST, { filter, orderBy: { field: 'RELEVANCE' } });
      expect(error.extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'filter.text' }],
      });
    }
  });

  it('refuse a filter that cannot be taken, by the path of the fault', async () => {
    const faults: [object, string][] = [
      [{ price: { currency: 'EUR', min: -1 } }, 'filter.price.min'],
      [{ price: { currency: 'EUR', max: 1_000_000_001 } }, 'filter.price.max'],
      [{ price: { currency: 'euro' } }, 'filter.price.currency'],
      [{ metadata: { a: { b: { c: { d: { e: {} } } } } } }, 'filter.metadata'],
      [{ metadata: { a: '\ud800' } }, 'filter.metadata'],
      [{ text: ' ' }, 'filter.text'],
      [{ categoryId: unknownId('prod') }, 'filter.categoryId'],
    ];
    for (const [filter, path] of faults) {
      const error = await shop.viewer.fail(LIST, { filter });
      expect(error.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] });
    }
  });

  it('show no product of another organization, whatever is asked for', async () => {
    await create({
      sku: 'THEIRS',
      name: 'Red shirt',
      initialStock: 1,
      metadata: { colour: 'red' },
    });
    for (const field of ['NAME', 'PRICE', 'CREATED_AT', 'BEST_SELLING', 'RELEVANCE']) {
      expect(await list({ text: 'red' }, { field })).toHaveLength(2);
    }
  });

  it('of each category are listed with it, those below left out', async () => {
    const ask = async (args: string) => {
      const { nodes } = await shop.viewer.ask(
        `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Category {
          name products(${args}) { totalCount nodes { sku } } } } }`,
        { ids: [category.clothes, category.shirts, category.shoes] },
      );
      return nodes.map(({ products }: { products: { nodes: { sku: string }[] } }) =>
        skus(products),
      );
    };
    expect(await ask('orderBy: { field: BEST_SELLING }')).toEqual([
      [],
      ['TEE-BLUE'],
      ['RUNNERS-1', 'BOOT'],
    ]);
    expect(await ask('first: 1, orderBy: { field: NAME }')).toEqual([
      [],
      ['TEE-BLUE'],
      ['RUNNERS-1'],
    ]);
    expect(await ask('filter: { text: "red" }, orderBy: { field: RELEVANCE }')).toEqual([
      [],
      [],
      ['BOOT'],
    ]);
    expect(await ask('filter: { deleted: true }')).toEqual([['GONE'], [], []]);
  });

  describe('counted by what they have in common', () => {
    interface Counted {
      category: object | null;
      count: number;
    }
    const FACETS = `query ($filter: ProductFilter) { productFacets(filter: $filter) {
      categories { category { name } count }
      currencies { currency count min { amount decimal } max { amount currency } }
      stock { in out } active { active inactive }
      colours: metadata(key: "colour") { value count } other: metadata(key: "nobody") { count } } }`;
    const facets = async (filter: object | null) =>
      (await shop.viewer.ask(FACETS, { filter })).productFacets;

    it('are those that are not deleted', async () => {
      expect(await facets(null)).toEqual({
        categories: expect.arrayContaining([
          { category: { name: 'shoes' }, count: 2 },
          { category: { name: 'shirts' }, count: 1 },
          { category: { name: 'tees' }, count: 1 },
          { category: null, count: 1 },
        ]),
        currencies: [
          {
            currency: 'EUR',
            count: 4,
            min: { amount: 1_000, decimal: '10.00' },
            max: { amount: 9_000, currency: 'EUR' },
          },
          {
            currency: 'USD',
            count: 1,
            min: { amount: 1_200, decimal: '12.00' },
            max: { amount: 1_200, currency: 'USD' },
          },
        ],
        stock: { in: 3, out: 2 },
        active: { active: 4, inactive: 1 },
        colours: [
          { value: 'red', count: 2 },
          { value: 'blue', count: 1 },
          { value: 7, count: 1 },
        ],
        other: [],
      });
    });

    it('are those of the filter, in every count', async () => {
      expect(await facets({ text: 'red', categoryId: category.shoes })).toEqual({
        categories: [{ category: { name: 'shoes' }, count: 1 }],
        currencies: [
          {
            currency: 'EUR',
            count: 1,
            min: { amount: 9_000, decimal: '90.00' },
            max: { amount: 9_000, currency: 'EUR' },
          },
        ],
        stock: { in: 1, out: 0 },
        active: { active: 0, inactive: 1 },
        colours: [{ value: 'red', count: 1 }],
        other: [],
      });
    });

    it('count with subcategories as many as the filter finds in each category', async () => {
      const BRANCHES = `query ($filter: ProductFilter) { productFacets(filter: $filter) {
        categories(withSubcategories: true) { category { id name } count } } }`;
      const COUNT = 'query ($filter: ProductFilter) { products(filter: $filter) { totalCount } }';
      for (const filter of [{}, { text: 'red' }, { inStock: true }, { active: false }]) {
        const { productFacets } = await shop.viewer.ask(BRANCHES, { filter });
        const { products } = await shop.viewer.ask(COUNT, { filter });
        const due = [];
        for (const [name, id] of Object.entries(category)) {
          const found = await shop.viewer.ask(COUNT, { filter: { ...filter, categoryId: id } });
          const count = found.products.totalCount;
          if (count > 0) due.push({ category: { id, name }, count });
        }
        const branches: { category: { id: string } | null; count: number }[] =
          productFacets.categories;
        const named = branches.filter((branch) => branch.category);
        expect(named).toHaveLength(due.length);
        expect(named).toEqual(expect.arrayContaining(due));
        const counts = branches.map(({ count }) => count);
        expect(counts).toEqual(counts.toSorted((a, b) => b - a));
        const { categories } = await facets(filter);
        const directly = categories.reduce((sum: number, { count }: Counted) => sum + count, 0);
        expect(directly).toBe(products.totalCount);
        expect(branches.find((branch) => !branch.category)?.count).toBe(
          categories.find((each: Counted) => !each.category)?.count,
        );
      }
    });

    it('have as much in stock as the filter says', async () => {
      expect((await facets({ inStock: true })).stock).toEqual({ in: 3, out: 0 });
      expect((await facets({ inStock: false })).stock).toEqual({ in: 0, out: 2 });
    });

    it('are none where nothing is found', async () => {
      expect(await facets({ categoryId: unknownId('cat') })).toEqual({
        categories: [],
        currencies: [],
        stock: { in: 0, out: 0 },
        active: { active: 0, inactive: 0 },
        colours: [],
        other: [],
      });
    });

    it('are the same beside a page of the same filter, and the page as well', async () => {
      const asked = `$filter: ProductFilter, $orderBy: ProductOrder, $first: Int, $last: Int, $after: String, $before: String`;
      const page = `products(filter: $filter, orderBy: $orderBy, first: $first, last: $last, after: $after, before: $before) {
        totalCount nodes { sku description createdAt category { name } } edges { cursor }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`;
      const counts = `productFacets(filter: $filter) {
        categories { category { name } count }
        branches: categories(withSubcategories: true) { category { name } count }
        currencies { currency count min { amount } max { amount } }
        stock { in out } active { active inactive } }`;
      const filters = [
        { text: 'red' },
        { text: 'red', categoryId: category.clothes },
        { text: 'shirt or boots or trainers' },
        { text: 'shirt or boots or trainers', inStock: true },
        { text: 'shirt or boots or trainers', inStock: false },
        { text: 'shirt -red', active: true },
        { text: 'hat', deleted: true },
        { text: 'nothing has this' },
        { categoryId: category.shoes },
        { categoryId: category.clothes, inStock: true, active: true },
        { categoryId: unknownId('cat') },
        { metadata: { colour: 'red' }, price: { currency: 'EUR', min: 500, max: 20_000 } },
        { price: { currency: 'EUR', max: 2_000 } },
        {},
      ];
      let pages = 0;
      for (const filter of filters) {
        for (const field of ['BEST_SELLING', 'PRICE', ...('text' in filter ? ['RELEVANCE'] : [])]) {
          for (const direction of ['ASC', 'DESC']) {
            const orderBy = { field, direction };
            const see = async (more: object) => {
              const variables = { filter, orderBy, ...more };
              const [together, alone, counted] = await Promise.all([
                shop.viewer.ask(`query (${asked}) { ${page} ${counts} }`, variables),
                shop.viewer.ask(`query (${asked}) { ${page} }`, variables),
                shop.viewer.ask(`query ($filter: ProductFilter) { ${counts} }`, { filter }),
              ]);
              expect(together).toEqual({ ...alone, ...counted });
              pages++;
              return together.products.pageInfo;
            };
            const first = await see({ first: 2 });
            if (first.endCursor) await see({ first: 2, after: first.endCursor });
            const last = await see({ last: 1 });
            if (last.startCursor) await see({ last: 100, before: last.startCursor });
          }
        }
      }
      expect(pages).toBeGreaterThan(200);
    });

    it('stand beside a page of another filter, and beside one that is refused', async () => {
      const both = `query ($filter: ProductFilter, $other: ProductFilter, $after: String) {
        products(filter: $filter, first: 1, after: $after, orderBy: { field: BEST_SELLING }) { totalCount nodes { sku } pageInfo { endCursor } }
        again: products(filter: $filter, first: 1, orderBy: { field: BEST_SELLING }) { totalCount nodes { sku } }
        productFacets(filter: $other) { stock { in out } }
        more: productFacets(filter: $filter) { stock { in out } stock { in } active { active inactive } } }`;
      const filter = { categoryId: category.shoes };
      const answer = await shop.viewer.ask(both, { filter, other: { categoryId: category.tees } });
      expect(answer).toEqual({
        products: { totalCount: 2, nodes: [{ sku: 'RUNNERS-1' }], pageInfo: expect.anything() },
        again: { totalCount: 2, nodes: [{ sku: 'RUNNERS-1' }] },
        productFacets: { stock: { in: 1, out: 0 } },
        more: { stock: { in: 2, out: 0 }, active: { active: 1, inactive: 1 } },
      });
      const { products } = await shop.viewer.ask(
        '{ products(first: 1, orderBy: { field: NAME }) { pageInfo { endCursor } } }',
      );
      const foreign = { filter, other: filter, after: products.pageInfo.endCursor };
      const { errors, data } = await shop.viewer.send(both, foreign);
      expect(errors).toMatchObject([
        { path: ['products'], extensions: { code: 'BAD_USER_INPUT' } },
      ]);
      expect(data).toBe(null);
    });

    it('show the 20 most frequent values of a key', async () => {
      const many = await api.createOrganization();
      for (let n = 0; n < 22; n++) await create({ metadata: { n: n % 21 } }, many);
      const { productFacets } = await many.viewer.ask(
        '{ productFacets { metadata(key: "n") { value count } } }',
      );
      expect(productFacets.metadata).toHaveLength(20);
      expect(productFacets.metadata[0]).toEqual({ value: 0, count: 2 });
    });

    it('of metadata are those that a filter by the value finds, also where it is one of several', async () => {
      const sized = await api.createOrganization();
      const all = [['S', 'M'], ['M', 'L', 'M'], ['M'], 'M', [], null, [null, 7], { eu: 40 }];
      for (const sizes of all) await create({ metadata: { sizes } }, sized);
      const { productFacets } = await sized.viewer.ask(
        '{ productFacets { metadata(key: "sizes") { value isListed count } } }',
      );
      const counts: [string, number][] = [];
      for (const { value, isListed, count } of productFacets.metadata) {
        const metadata = { sizes: isListed ? [value] : value };
        const { products } = await sized.viewer.ask(
          'query ($filter: ProductFilter) { products(filter: $filter) { totalCount } }',
          { filter: { metadata } },
        );
        counts.push([JSON.stringify(metadata.sizes), count]);
        expect(products.totalCount).toBe(count);
      }
      expect(counts).toHaveLength(8);
      expect(counts[0]).toEqual(['["M"]', 3]);
    });

    it('refuse a key that is none', async () => {
      for (const key of ['', NUL, 'x'.repeat(201)]) {
        const error = await shop.viewer.fail(
          'query ($key: String!) { productFacets { metadata(key: $key) { count } } }',
          { key },
        );
        expect(error.extensions).toMatchObject({ fields: [{ path: 'key' }] });
      }
    });
  });
});
