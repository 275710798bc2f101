import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client } from 'pg';
import { decodeId, encodeId } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Api, type Organization, type Person, startApi } from './support/api.js';
import { eventually } from './support/eventually.js';
import { fillCart, orderInput, PLACE_ORDER } from './support/filled-cart.js';
import { openSocket } from './support/raw-http.js';
import { createStockedProduct } from './support/stocked-product.js';

// biome-ignore lint/suspicious/noExplicitAny: lines are looked at field by field.
type Line = any;

/** Two batches of an import, of which the server tells when it is through with them. */
const TOLD_ROWS = 1_000;
const HEADER = 'sku,low_stock_threshold\n';

let api: Api;
let acme: Organization;

beforeAll(async () => {
  // Whoever waits for a lock shall not do so for long.
  api = await startApi({ pool: { size: 8, statementTimeoutMs: 1_000 } });
});

beforeEach(async () => {
  acme = await api.createOrganization();
});

afterAll(() => api?.close());

const asSuperuser = <T>(work: (client: Client) => Promise<T>) =>
  withAdminConnection(api.database.superuserUrl, work);

/** Products with the SKUs S0001, S0002 …, in the order of their ids. */
async function createProducts(count: number): Promise<{ id: string; sku: string }[]> {
  const { orgId } = acme.tenant;
  return asSuperuser(async (client) => {
    await client.query(
      `INSERT INTO products (org_id, id, sku, name, price_amount, currency)
       SELECT $1, id, 'S' || lpad(row_number() OVER (ORDER BY id)::text, 4, '0'), 'old', 100, 'EUR'
       FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $2)) AS made`,
      [orgId, count],
    );
    await client.query(
      'INSERT INTO stock_levels (org_id, product_id, on_hand) SELECT org_id, id, 10 FROM products WHERE org_id = $1',
      [orgId],
    );
    const { rows } = await client.query(
      'SELECT id, sku FROM products WHERE org_id = $1 ORDER BY id',
      [orgId],
    );
    return rows;
  });
}

/** The thresholds of all products of the organization, by SKU. */
async function thresholds(): Promise<Record<string, number | null>> {
  const { rows } = await asSuperuser((client) =>
    client.query(
      `SELECT sku, low_stock_threshold FROM products p JOIN stock_levels s ON s.org_id = p.org_id AND product_id = p.id
       WHERE p.org_id = $1`,
      [acme.tenant.orgId],
    ),
  );
  return Object.fromEntries(rows.map((row) => [row.sku, row.low_stock_threshold]));
}

/** An import whose client sends it bit by bit. */
class OpenImport {
  readonly #socket;
  #text = '';

  constructor(person: Person, onError = 'abort', { url } = api) {
    this.#socket = openSocket(url);
    this.#socket.setEncoding('utf8');
    this.#socket.on('data', (data) => {
      this.#text += data;
    });
    this.#socket.write(
      `POST /catalog/products/import?onError=${onError} HTTP/1.1\r\nhost: x\r\ncontent-type: text/csv\r\nauthorization: Bearer ${person.token}\r\ntransfer-encoding: chunked\r\n\r\n`,
    );
  }

  send(text: string): void {
    this.#socket.write(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
  }

  get isOpen(): boolean {
    return !this.#text.includes('"type":"summary"') && !this.#text.includes('"type":"failed"');
  }

  /** Waits until the server has told how far it is. */
  told(rows: number): Promise<void> {
    return eventually(
      () => this.#text.includes(`{"type":"progress","rows":${rows}}`),
      `${rows} rows are dealt with`,
    );
  }

  /** @returns all lines of the answer */
  async end(): Promise<Line[]> {
    this.#socket.write('0\r\n\r\n');
    await eventually(() => this.#text.endsWith('\r\n0\r\n\r\n'), 'the import ends');
    this.#socket.destroy();
    const lines = this.#text.split('\r\n').flatMap((chunk) => chunk.split('\n'));
    return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  }
}

/** So many rows that are faulty in themselves, and touch nothing. */
const faulty = (count: number) =>
  Array.from({ length: count }, (_, index) => `F${index},none\n`).join('');

/** How many wait for a lock. */
async function lockWaits({ database } = api): Promise<number> {
  return withAdminConnection(database.superuserUrl, async (client) => {
    const { rowCount } = await client.query(
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    return rowCount ?? 0;
  });
}

async function order(buyer: Person, productIds: readonly string[]): Promise<string> {
  await fillCart(
    api,
    acme,
    buyer,
    productIds.map((productId) => ({ productId })),
  );
  const { errors } = await buyer.send(PLACE_ORDER, { input: orderInput() });
  return errors?.[0].extensions.code ?? 'OK';
}

describe('while an import with thresholds is on its way', () => {
  it('what it names is sold, in any order, and nobody waits for the rest of the file', async () => {
    const a = await createStockedProduct(api, acme, { sku: 'A', onHand: 50 });
    const z = await createStockedProduct(api, acme, { sku: 'Z', onHand: 50 });
    expect(decodeId('prod', a, 'a') < decodeId('prod', z, 'z')).toBe(true);
    const buyers = [acme.viewer, acme.member];
    const orders = () =>
      Promise.all(buyers.map((buyer, n) => order(buyer, n === 0 ? [a, z] : [z, a])));

    const file = new OpenImport(acme.admin, 'skip');
    // The last row of a chunk waits for the next chunk.
    file.send(`${HEADER}Z,7\n${faulty(TOLD_ROWS)}`);
    await file.told(TOLD_ROWS);
    expect(await orders()).toEqual(['OK', 'OK']);
    file.send(`A,8\n${faulty(TOLD_ROWS).replaceAll('F', 'G')}`);
    await file.told(2 * TOLD_ROWS);
    expect(await orders()).toEqual(['OK', 'OK']);
    expect(file.isOpen).toBe(true);
    expect(await thresholds()).toEqual({ A: null, Z: null });

    const lines = await file.end();
    expect(lines.at(-1)).toMatchObject({ updated: 2, unchanged: 0, committed: true });
    expect(await thresholds()).toEqual({ A: 8, Z: 7 });
  });

  it('orders and imports of the same products all go through', async () => {
    const products = await createProducts(510);
    // They are in the first batch of a file, and in the last one.
    const sold = [...products.slice(0, 6), ...products.slice(-6)];
    const ids = sold.map(({ id }) => encodeId('prod', id));
    const buyers = await Promise.all(
      Array.from({ length: 4 }, (_, n) => acme.createPerson('viewer', `buyer-${n}`)),
    );
    await asSuperuser((client) =>
      client.query('UPDATE stock_levels SET on_hand = 1000 WHERE org_id = $1', [acme.tenant.orgId]),
    );
    const codes: string[] = [];
    let isOver = false;
    const buying = buyers.map(async (buyer, n) => {
      // The cart of an order that was refused stays open.
      while (!isOver && !codes.some((code) => code !== 'OK')) {
        codes.push(await order(buyer, n % 2 ? ids : ids.toReversed()));
      }
    });
    const lasts: Line[] = [];
    for (let round = 1; round <= 10; round++) {
      const file = new OpenImport(acme.admin);
      const rows = products.map(({ sku }) => `${sku},${round}\n`);
      file.send(HEADER + (round % 2 ? rows.reverse() : rows).join(''));
      lasts.push((await file.end()).at(-1));
    }
    isOver = true;
    await Promise.all(buying);
    expect(lasts.filter(({ updated, committed }) => updated !== 510 || !committed)).toEqual([]);
    expect(codes.length).toBeGreaterThan(8);
    expect(new Set(codes)).toEqual(new Set(['OK']));
    expect(new Set(Object.values(await thresholds()))).toEqual(new Set([10]));
  }, 30_000);
});

describe('the stock of what a file gives another threshold', () => {
  const COUNT = 700;
  const LOCK = 'SELECT FROM stock_levels WHERE product_id = $1 FOR UPDATE';

  it('is locked in the order of the ids, whatever the order of the rows, over all of the file', async () => {
    const products = await createProducts(COUNT);
    const [first, last] = [products[0]?.id, products.at(-1)?.id];
    const file = new OpenImport(acme.admin);
    await asSuperuser((holder) =>
      asSuperuser(async (watcher) => {
        await holder.query('BEGIN');
        await holder.query(LOCK, [first]);
        const rows = products.map(({ sku }) => `${sku},3\n`).reverse();
        file.send(HEADER + rows.join(''));
        const ending = file.end();
        await eventually(async () => (await lockWaits()) > 0, 'the import waits for the first');
        const { rowCount } = await watcher.query(`${LOCK} NOWAIT`, [last]);
        expect(rowCount).toBe(1);
        await holder.query('COMMIT');
        expect((await ending).at(-1)).toMatchObject({ updated: COUNT, committed: true });
      }),
    );
    expect(new Set(Object.values(await thresholds()))).toEqual(new Set([3]));
  });

  it.each([
    ['skip', 'and of the others it is set'],
    ['abort', 'and nothing is kept'],
  ])('is told of where somebody else holds it too long, with %s, %s', async (onError) => {
    const products = await createProducts(COUNT);
    const [first] = products;
    const file = new OpenImport(acme.admin, onError);
    const lines = await asSuperuser(async (holder) => {
      await holder.query('BEGIN');
      await holder.query(LOCK, [first?.id]);
      // Of the 499 behind it, the levels are locked by the same statement.
      const rows = products.map(({ sku }) => `${sku},new,3\n`);
      file.send(`sku,name,low_stock_threshold\n${rows.join('')}`);
      return file.end();
    });
    const errors = lines.filter(({ type }) => type === 'error');
    expect(errors).toHaveLength(500);
    expect(errors[0]).toEqual({
      ...{ type: 'error', row: 1, sku: first?.sku, field: 'low_stock_threshold' },
      message: expect.stringMatching(/is not set. Send the row again/),
    });
    const isKept = onError === 'skip';
    expect(lines.at(-1)).toMatchObject({
      ...{ rows: COUNT, created: 0, updated: COUNT - 500, unchanged: 0, failed: 500 },
      committed: isKept,
    });
    const set = Object.values(await thresholds()).filter((threshold) => threshold === 3);
    expect(set).toHaveLength(isKept ? COUNT - 500 : 0);
    const { rows } = await asSuperuser((client) =>
      client.query("SELECT FROM products WHERE org_id = $1 AND name = 'new'", [acme.tenant.orgId]),
    );
    expect(rows).toHaveLength(isKept ? COUNT : 0);
  });
});

describe('a threshold that is another one', () => {
  it('is counted once with what else is new in its row, and as it would be where nothing is kept', async () => {
    await createProducts(4);
    const first =
      'sku,name,low_stock_threshold\nS0001,old,1\nS0002,new,2\nS0003,new,\nS0004,old,\n';
    for (const bad of [true, false]) {
      const file = new OpenImport(acme.admin);
      file.send(bad ? `${first}BAD,new,1\n` : first);
      const [summary] = (await file.end()).slice(-1);
      const failed = bad ? 1 : 0;
      expect(summary).toMatchObject({ updated: 3, unchanged: 1, failed, committed: !bad });
    }
    expect(await thresholds()).toEqual({ S0001: 1, S0002: 2, S0003: null, S0004: null });
  });
});

describe('what a file names, in any order, over all of the file', () => {
  const CREATE_CATEGORY =
    'mutation ($name: String!) { createCategory(input: { name: $name }) { id slug } }';
  const REMOVE_CATEGORY =
    'mutation ($id: ID!) { removeCategory(input: { id: $id, version: 1 }) { id } }';
  const CREATE = `mutation ($sku: String!, $categoryId: ID) {
    createProduct(input: { sku: $sku, name: "Old", price: { amount: 1, currency: "EUR" }, categoryId: $categoryId }) { id }
  }`;
  const UPDATE = `mutation ($id: ID!, $sku: String, $name: String) {
    updateProduct(input: { id: $id, version: 1, sku: $sku, name: $name }) { sku name }
  }`;
  const PRODUCT = 'query ($sku: String!) { productBySku(sku: $sku) { name category { slug } } }';

  let patient: Api;
  let shop: Organization;

  beforeAll(async () => {
    // Longer than PostgreSQL takes to see that some wait in a circle.
    patient = await startApi({ pool: { size: 8, statementTimeoutMs: 20_000 } });
  });

  beforeEach(async () => {
    shop = await patient.createOrganization();
  });

  afterAll(() => patient?.close());

  const create = async (sku: string, categoryId?: string): Promise<string> =>
    (await shop.admin.ask(CREATE, { sku, categoryId })).createProduct.id;

  const faultyRows = (sku: string, commas: string) =>
    Array.from({ length: TOLD_ROWS }, (_, index) => `${sku}${index},,${commas}\n`).join('');

  it('does not make it wait in a circle with who removes a category', async () => {
    const [shoes, hats] = await Promise.all(
      ['Shoes', 'Hats'].map(
        async (name) => (await shop.admin.ask(CREATE_CATEGORY, { name })).createCategory,
      ),
    );
    await create('A', shoes.id);
    await create('B');
    const file = new OpenImport(shop.admin, 'skip', patient);
    file.send(`sku,name,category\nA,New,hats\n${faultyRows('F', '')}`);
    await file.told(TOLD_ROWS);
    // Has the category, and waits for a product in it that the import has changed.
    const removal = shop.admin.send(REMOVE_CATEGORY, { id: shoes.id });
    await eventually(async () => (await lockWaits(patient)) > 0, 'the removal waits');
    file.send('B,New,shoes\n');
    const lines = await file.end();
    expect(lines.at(-1)).toMatchObject({ updated: 2, failed: TOLD_ROWS, committed: true });
    expect((await removal).errors).toBeUndefined();
    const found = await Promise.all(['A', 'B'].map((sku) => shop.admin.ask(PRODUCT, { sku })));
    expect(found.map(({ productBySku }) => productBySku)).toEqual([
      { name: 'New', category: { slug: hats.slug } },
      { name: 'New', category: null },
    ]);
  });

  it('does not make it wait in a circle with who gives a product another SKU', async () => {
    const [a, c] = [await create('A'), await create('C')];
    const file = new OpenImport(shop.admin, 'skip', patient);
    file.send(`sku,name,price,currency\nB,New,1,EUR\n${faultyRows('F', ',')}`);
    await file.told(TOLD_ROWS);
    // Has the product, and waits for the one that the import has made with the SKU.
    const renaming = shop.admin.send(UPDATE, { id: a, sku: 'B' });
    await eventually(async () => (await lockWaits(patient)) > 0, 'the renaming waits');
    const kept = await shop.admin.ask(UPDATE, { id: c, sku: 'C', name: 'Other' });
    expect(kept.updateProduct).toEqual({ sku: 'C', name: 'Other' });
    const other = await patient.createOrganization();
    const made = await other.admin.ask(CREATE, { sku: 'A' });
    const renamed = await other.admin.ask(UPDATE, { id: made.createProduct.id, sku: 'B' });
    expect(renamed.updateProduct.sku).toBe('B');
    file.send('A,New,1,EUR\n');
    const lines = await file.end();
    expect(lines.at(-1)).toMatchObject({ ...{ created: 1, updated: 1 }, committed: true });
    expect((await renaming).errors?.[0].extensions.code).toBe('VERSION_CONFLICT');
  });
});
