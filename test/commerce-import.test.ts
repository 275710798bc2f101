import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { encodeId, newUuid } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import { type Api, type Organization, type Person, startApi } from './support/api.js';
import { eventually } from './support/eventually.js';
import { openSocket } from './support/raw-http.js';

// biome-ignore lint/suspicious/noExplicitAny: lines are looked at field by field.
type Line = any;

const CSV = 'text/csv';
const NDJSON = 'application/x-ndjson';
const HEADER = 'sku,name,price,currency';
/** Whoever waits for a lock shall not do so for long, and whoever waits for a client neither. */
const STATEMENT_TIMEOUT_MS = 1_000;
const STALL_LIMIT_MS = 2_500;
const IDLE_IN_TRANSACTION_MS = 3_000;

let api: Api;
let acme: Organization;
let globex: Organization;

beforeAll(async () => {
  api = await startApi({
    pool: {
      size: 8,
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      idleInTransactionTimeoutMs: IDLE_IN_TRANSACTION_MS,
    },
    server: { transfers: { stallLimitMs: STALL_LIMIT_MS, durationLimitMs: 60_000 } },
  });
});

beforeEach(async () => {
  acme = await api.createOrganization();
  globex = await api.createOrganization();
});

afterAll(() => api?.close());

interface Options {
  onError?: string;
  type?: string;
  headers?: Record<string, string>;
  to?: Api;
}

async function post(
  person: Person | null,
  body: string | ReadableStream | Uint8Array,
  { onError, type = CSV, headers = {}, to = api }: Options = {},
) {
  const query = onError === undefined ? '' : `?onError=${onError}`;
  const response = await fetch(`${to.url}/catalog/products/import${query}`, {
    method: 'POST',
    headers: {
      'content-type': type,
      ...(person && { authorization: `Bearer ${person.token}` }),
      ...headers,
    },
    body,
    duplex: 'half',
  } as RequestInit);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

async function importFile(
  person: Person,
  body: string | ReadableStream | Uint8Array,
  options: Options = {},
): Promise<{ lines: Line[]; errors: Line[]; last: Line }> {
  const { status, text } = await post(person, body, options);
  if (status !== 200) throw new Error(`Expected 200, got ${status}: ${text}`);
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { lines, errors: lines.filter(({ type }) => type === 'error'), last: lines.at(-1) };
}

async function refused(person: Person | null, body: string, options: Options = {}) {
  const { status, text } = await post(person, body, options);
  return { status, error: JSON.parse(text).errors[0] };
}

async function exportFile(person: Person, format = 'csv') {
  const response = await fetch(`${api.url}/catalog/products/export?format=${format}`, {
    headers: { authorization: `Bearer ${person.token}` },
  });
  return { headers: response.headers, text: await response.text() };
}

function table(...rows: string[]): string {
  return `${[HEADER, ...rows].join('\n')}\n`;
}

/** All of an organization's products, past the API. */
function products({ tenant }: Organization) {
  return rows(
    `SELECT sku, name, description, price_amount::int AS price, currency, active, metadata, version,
       on_hand AS stock, low_stock_threshold AS threshold, low_since IS NOT NULL AS "isLow",
       (SELECT slug FROM categories c WHERE c.org_id = p.org_id AND c.id = p.category_id) AS category,
       (SELECT coalesce(sum(quantity), 0)::int FROM stock_movements m
         WHERE m.org_id = p.org_id AND m.product_id = p.id) AS moved
     FROM products p JOIN stock_levels s ON s.org_id = p.org_id AND s.product_id = p.id
     WHERE p.org_id = $1 ORDER BY sku`,
    tenant.orgId,
  );
}

async function rows(text: string, ...values: unknown[]): Promise<Line[]> {
  return withAdminConnection(api.database.superuserUrl, async (client) => {
    const result = await client.query(text, values);
    return result.rows;
  });
}

async function createCategory({ tenant }: Organization, slug: string, parentId?: string) {
  const id = newUuid();
  await api.app.tenancy.withTenant(tenant, 'write', ({ prisma }) =>
    prisma.category.create({ data: { id, name: slug, slug, parentId: parentId ?? null } }),
  );
  return id;
}

/** Products whose descriptions are so long that no buffer holds all of them. */
async function fill({ tenant }: Organization, count: number) {
  const values = [tenant.orgId, count];
  await rows(
    `INSERT INTO products (org_id, id, sku, name, description, price_amount, currency)
     SELECT $1, gen_random_uuid(), 'S' || lpad(n::text, 5, '0'), 'old', repeat('x ', 2500), 1, 'EUR'
     FROM generate_series(0, $2::int - 1) n`,
    ...values,
  );
  await rows(
    'INSERT INTO stock_levels (org_id, product_id) SELECT org_id, id FROM products WHERE org_id = $1',
    tenant.orgId,
  );
}

/** Statements that wait for what another transaction has locked. */
async function lockWaits(): Promise<number> {
  const [{ count }] = await rows(
    "SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
  );
  return count;
}

/** Whether no transaction is under way. */
function isIdle(): boolean {
  const { idle, size } = api.app.tenancy.poolFigures;
  return idle === size;
}

const sumsMatch = (found: Line[]) =>
  expect(found.map(({ moved }) => moved)).toEqual(found.map(({ stock }) => stock));

describe('an import of products', () => {
  it('makes products with their stock, of CSV', async () => {
    const top = await createCategory(acme, 'clothes');
    await createCategory(acme, 'shirts', top);
    const { lines } = await importFile(
      acme.admin,
      [
        'sku,name,description,price,currency,category,active,stock,low_stock_threshold,metadata',
        'A-1,"Shirt, ""blue""","Two\nlines",12.50,EUR,clothes/shirts,true,7,7,"{""size"":""L""}"',
        'A-2,Yen,,1250,JPY,shirts,false,,,',
        'A-3,Dinar,,1.005,BHD,,true,0,,',
      ].join('\r\n'),
    );
    expect(lines).toEqual([
      {
        ...{ type: 'summary', rows: 3, created: 3, updated: 0, unchanged: 0, failed: 0 },
        ...{ warnings: 0, committed: true },
      },
    ]);
    const found = await products(acme);
    const rest = { version: 1, description: '', metadata: {}, threshold: null, isLow: false };
    expect(found).toEqual([
      {
        ...{ sku: 'A-1', name: 'Shirt, "blue"', description: 'Two\nlines', price: 1250 },
        ...{ currency: 'EUR', category: 'shirts', active: true, metadata: { size: 'L' } },
        ...{ version: 1, stock: 7, moved: 7, threshold: 7, isLow: true },
      },
      {
        ...rest,
        ...{ sku: 'A-2', name: 'Yen', price: 1250, currency: 'JPY', category: 'shirts' },
        ...{ active: false, stock: 0, moved: 0 },
      },
      {
        ...rest,
        ...{ sku: 'A-3', name: 'Dinar', price: 1005, currency: 'BHD', category: null },
        ...{ active: true, stock: 0, moved: 0 },
      },
    ]);
    const [receipt] = await rows(
      'SELECT kind, quantity, on_hand, actor_id FROM stock_movements WHERE org_id = $1',
      acme.tenant.orgId,
    );
    const actor_id = acme.admin.uuid;
    expect(receipt).toEqual({ kind: 'receipt', quantity: 7, on_hand: 7, actor_id });
  });

  it('makes and changes products of JSON lines', async () => {
    const first = { sku: 'A', name: 'One', price: '1.00', currency: 'EUR', metadata: { a: [1] } };
    const lines = [first, { sku: 'B', name: 'Two', price: '2', currency: 'EUR', stock: 3 }];
    const body = lines.map((line) => JSON.stringify(line)).join('\n');
    expect((await importFile(acme.owner, body, { type: NDJSON })).last.created).toBe(2);
    const { last } = await importFile(
      acme.owner,
      '{"sku":"A","price":"1.50"}\n\n{"sku":"B","name":"Two"}',
      { type: NDJSON },
    );
    expect(last).toMatchObject({ created: 0, updated: 1, unchanged: 1, committed: true });
    expect(await products(acme)).toMatchObject([
      { sku: 'A', name: 'One', price: 150, version: 2, metadata: { a: [1] } },
      { sku: 'B', name: 'Two', price: 200, version: 1, stock: 3, moved: 3 },
    ]);
  });

  it('leaves alone what the file has no column for, and empties what is empty in it', async () => {
    await createCategory(acme, 'shoes');
    await importFile(
      acme.admin,
      `${HEADER},description,category,stock,low_stock_threshold,metadata\nA,One,1.00,EUR,text,shoes,5,9,"{""a"":1}"\n`,
    );
    const [before] = await products(acme);
    expect(before).toMatchObject({ category: 'shoes', threshold: 9, isLow: true });

    const same = await importFile(acme.admin, 'sku\nA\n');
    expect(same.last).toMatchObject({ unchanged: 1, updated: 0 });
    expect(await products(acme)).toEqual([before]);

    const emptied = 'sku,description,category,low_stock_threshold,metadata\nA,,,,\n';
    expect((await importFile(acme.admin, emptied)).last).toMatchObject({ updated: 1 });
    expect(await products(acme)).toEqual([
      {
        ...before,
        ...{ version: 2, description: '', category: null, metadata: {} },
        ...{ threshold: null, isLow: false },
      },
    ]);
  });

  describe('that makes products low in stock', () => {
    const told = async () =>
      (
        await acme.admin.ask(
          '{ auditEvents(filter: { kind: [STOCK_LOW] }) { nodes { actorId details } } }',
        )
      ).auditEvents.nodes;
    const mails = () =>
      rows('SELECT id FROM outgoing_mails WHERE org_id = $1', acme.tenant.orgId).then(
        ({ length }) => length,
      );

    it('tells once of what a threshold makes so, and of nothing that is not kept', async () => {
      await importFile(
        acme.admin,
        `${HEADER},stock,low_stock_threshold\nA,One,1,EUR,5,\nB,Two,1,EUR,5,2\n`,
      );
      expect(await told()).toEqual([]);
      const thresholds = 'sku,low_stock_threshold\nA,5\nB,4\n';
      await importFile(acme.admin, `${thresholds}Z,1\n`, { onError: 'abort' });
      expect(await told()).toEqual([]);
      for (let time = 0; time < 2; time++) await importFile(acme.admin, thresholds);
      await importFile(acme.admin, 'sku,low_stock_threshold\nA,7\n');
      expect(await told()).toMatchObject([
        { actorId: acme.admin.id, details: { sku: 'A', onHand: 5, threshold: 5 } },
      ]);
      // One for the owner, and one for the admin.
      expect(await mails()).toBe(2);
    });

    it('tells of new ones that are so from the beginning, and of none that is not kept', async () => {
      const header = `${HEADER},active,stock,low_stock_threshold\n`;
      const file = `${header}A,One,1,EUR,true,1,1\nB,Two,1,EUR,true,2,1\nC,Three,1,EUR,false,1,1\n`;
      await importFile(acme.admin, `${file}BAD,,1,EUR,true,1,1\n`);
      expect(await told()).toEqual([]);
      for (let time = 0; time < 2; time++) await importFile(acme.admin, file);
      expect(await told()).toMatchObject([
        { actorId: acme.admin.id, details: { sku: 'A', onHand: 1, threshold: 1 } },
      ]);
      expect(await mails()).toBe(2);
    });
  });

  it('keeps since when a product has been low, for as long as it stays low', async () => {
    await importFile(acme.admin, `${HEADER},stock,low_stock_threshold\nA,One,1,EUR,5,9\n`);
    const lowSince = async () =>
      (await rows('SELECT low_since FROM stock_levels WHERE org_id = $1', acme.tenant.orgId))[0]
        .low_since;
    const since = await lowSince();
    const { last } = await importFile(acme.admin, 'sku,low_stock_threshold\nA,8\n');
    expect(last).toMatchObject({ updated: 1 });
    expect(await lowSince()).toEqual(since);
    await importFile(acme.admin, 'sku,low_stock_threshold\nA,4\n');
    expect(await lowSince()).toBeNull();
  });

  it('ignores the stock of a product that is there, and says so where it differs', async () => {
    await importFile(acme.admin, `${HEADER},stock\nA,One,1,EUR,5\nB,Two,1,EUR,5\n`);
    const { lines } = await importFile(acme.admin, 'sku,stock\nA,6\nB,5\n');
    expect(lines).toEqual([
      {
        ...{ type: 'warning', row: 1, sku: 'A', field: 'stock' },
        message: expect.stringMatching(/^Is ignored: .* with 5 in stock/),
      },
      expect.objectContaining({ unchanged: 2, warnings: 1, failed: 0, committed: true }),
    ]);
    const found = await products(acme);
    expect(found.map(({ stock }) => stock)).toEqual([5, 5]);
    sumsMatch(found);
  });

  it('makes a new product for the SKU of a deleted one', async () => {
    await importFile(acme.admin, table('A,Old,1,EUR'));
    await rows('UPDATE products SET deleted_at = now() WHERE org_id = $1', acme.tenant.orgId);
    expect((await importFile(acme.admin, table('A,New,1,EUR'))).last.created).toBe(1);
    const found = await products(acme);
    expect(found.map(({ name }) => name).sort()).toEqual(['New', 'Old']);
  });

  it('tells every thousand rows how far it is', async () => {
    const many = Array.from({ length: 2_300 }, (_, index) => `S${index},Name,1.00,EUR`);
    const { lines, last } = await importFile(acme.admin, table(...many));
    expect(lines.slice(0, -1)).toEqual([
      { type: 'progress', rows: 1_000 },
      { type: 'progress', rows: 2_000 },
    ]);
    expect(last).toMatchObject({ rows: 2_300, created: 2_300 });
    expect(await products(acme)).toHaveLength(2_300);
  });

  it('takes 10,000 rows, and has counted each when it is done', async () => {
    const header = `${HEADER},stock,low_stock_threshold`;
    const row = (n: number, name: string, threshold: number) =>
      `S${n},${name},1.00,EUR,3,${threshold}`;
    const many = (of: (n: number) => string) =>
      [header, ...Array.from({ length: 10_000 }, (_, n) => of(n))].join('\n');
    const counts = { rows: 10_000, failed: 0, warnings: 0, committed: true };
    const made = await importFile(
      acme.admin,
      many((n) => row(n, 'Name', 1)),
    );
    expect(made.lines.map(({ type }) => type)).toEqual([...Array(10).fill('progress'), 'summary']);
    expect(made.last).toMatchObject({ ...counts, created: 10_000, updated: 0, unchanged: 0 });
    // Of six, one gets another name, one another threshold, and one both.
    const changed = await importFile(
      acme.admin,
      many((n) => row(n, n % 6 < 2 ? 'New' : 'Name', n % 6 === 1 || n % 6 === 2 ? 2 : 1)),
    );
    expect(changed.last).toMatchObject({
      ...counts,
      ...{ created: 0, updated: 5_001, unchanged: 4_999 },
    });
    const [found] = await rows(
      `SELECT count(*)::int AS products, sum(on_hand)::int AS units,
         count(*) FILTER (WHERE name = 'New')::int AS named,
         count(*) FILTER (WHERE low_stock_threshold = 2)::int AS thresholds,
         (SELECT count(*)::int FROM stock_movements WHERE org_id = $1 AND kind = 'receipt') AS receipts
       FROM products JOIN stock_levels USING (org_id) WHERE org_id = $1 AND product_id = id`,
      acme.tenant.orgId,
    );
    expect(found).toEqual({
      ...{ products: 10_000, units: 30_000, receipts: 10_000 },
      ...{ named: 3_334, thresholds: 3_334 },
    });
  }, 60_000);

  it('works on what has come while the rest is on its way', async () => {
    let more: (() => void) | undefined;
    const body = new ReadableStream({
      async start(controller) {
        const encoder = new TextEncoder();
        const part = Array.from({ length: 1_000 }, (_, index) => `S${index},Name,1,EUR`);
        controller.enqueue(encoder.encode(table(...part)));
        await new Promise<void>((resolve) => {
          more = resolve;
        });
        controller.enqueue(encoder.encode('LAST,Name,1,EUR\n'));
        controller.close();
      },
    });
    const importing = importFile(acme.admin, body);
    await eventually(async () => {
      const [{ count }] = await rows(
        "SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'",
      );
      return count > 0 && more !== undefined;
    }, 'the import waits for more');
    more?.();
    expect((await importing).last).toMatchObject({ created: 1_001, committed: true });
  });
});

describe('a faulty row', () => {
  const FAULTS: [what: string, row: string, field: string | null, message: RegExp][] = [
    ['too many decimals', 'B,Two,1.005,EUR,,,,,', 'price', /^EUR has 2 decimals/],
    ['decimals of a currency without', 'B,Two,1.0,JPY,,,,,', 'price', /^JPY has 0 decimals/],
    ['a price in another notation', 'B,Two,"1,50",EUR,,,,,', 'price', /^Must be a decimal/],
    ['a price that is too high', 'B,Two,10000000.01,EUR,,,,,', 'price', /1,000,000,000/],
    ['a currency that is none', 'B,Two,1,XXX,,,,,', 'currency', /ISO 4217/],
    ['a category that is not there', 'B,Two,1,EUR,nowhere,,,,', 'category', /no such category/],
    ['a path that leads elsewhere', 'B,Two,1,EUR,shoes/hats,,,,', 'category', /no such category/],
    ['a name that is empty', 'B,,1,EUR,,true,,,', 'name', /^Must not be empty/],
    ['a SKU with a space', 'B B,Two,1,EUR,,true,,,', 'sku', /^Must be 1 to 64/],
    ['no SKU', ',Two,1,EUR,,true,,,', 'sku', /^Must be 1 to 64/],
    ['the SKU of an earlier row', 'A,Two,1,EUR,,true,,,', 'sku', /^Is in row 1 already/],
    ['active that is neither', 'B,Two,1,EUR,,yes,,,', 'active', /^Must be true or false/],
    ['negative stock', 'B,Two,1,EUR,,true,-1,,', 'stock', /^Must be a whole number/],
    ['stock with a fraction', 'B,Two,1,EUR,,true,1.5,,', 'stock', /^Must be a whole number/],
    ['a negative threshold', 'B,Two,1,EUR,,true,,-1,', 'low_stock_threshold', /^Must be a whole/],
    ['metadata that is no object', 'B,Two,1,EUR,,true,,,[1]', 'metadata', /^Must be a JSON object/],
    ['metadata that is no JSON', 'B,Two,1,EUR,,true,,,{a}', 'metadata', /^Must be a JSON object/],
    ['NUL in metadata', 'B,Two,1,EUR,,true,,,"{""a"":""\\u0000""}"', 'metadata', /NUL/],
    ['a NUL', 'B,T\0wo,1,EUR,,true,,,', 'name', /NUL/],
    ['a cell too few', 'B,Two,1,EUR,,true,,', null, /^Has 8 cells; the header has 9/],
  ];
  /** Those that are about something else say that it is for sale. */
  const withActive = (row: string) => row.replace(/,(nowhere|shoes\/hats)?,,,,$/, ',$1,true,,,');
  const COLUMNS = `${HEADER},category,active,stock,low_stock_threshold,metadata`;
  const good = 'A,One,1.00,EUR,,true,,,{}';
  const last = 'C,Three,3.00,EUR,,true,,,{}';

  it.each(FAULTS)('with %s is told, and keeps all rows out', async (_what, row, field, message) => {
    await createCategory(acme, 'shoes');
    await createCategory(acme, 'hats');
    const body = [COLUMNS, good, withActive(row), last].join('\n');
    const { errors, last: summary } = await importFile(acme.admin, body);
    expect(errors).toEqual([
      expect.objectContaining({ row: 2, field, message: expect.stringMatching(message) }),
    ]);
    expect(summary).toMatchObject({ type: 'summary', failed: 1, rows: 3, committed: false });
    expect(await products(acme)).toEqual([]);
  });

  it('is left out alone where that is asked for', async () => {
    const body = table('A,One,1,EUR', 'B,Two,1.005,EUR', 'C,Three,3,EUR');
    const { errors, last: summary } = await importFile(acme.admin, body, { onError: 'skip' });
    expect(errors).toMatchObject([{ row: 2, sku: 'B', field: 'price' }]);
    expect(summary).toMatchObject({ created: 2, failed: 1, committed: true });
    expect((await products(acme)).map(({ sku }) => sku)).toEqual(['A', 'C']);
  });

  it('does not keep the rows of earlier batches, nor later ones from being checked', async () => {
    const many = Array.from({ length: 1_200 }, (_, index) => `S${index},Name,1.00,EUR`);
    many[600] = 'BAD,Name,1.001,EUR';
    many[1_100] = 'WORSE,Name,x,EUR';
    const { errors, last: summary } = await importFile(acme.admin, table(...many));
    expect(errors.map(({ row }) => row)).toEqual([601, 1_101]);
    expect(summary).toMatchObject({ created: 1_198, failed: 2, committed: false });
    expect(await products(acme)).toEqual([]);
  });

  it('tells all of its faults, in the order of the rows', async () => {
    const { errors } = await importFile(acme.admin, table('B B,,x,EUR', 'C,Three,3,', 'D,,,'));
    expect(errors.map(({ row, field }) => [row, field])).toEqual([
      [1, 'sku'],
      [1, 'name'],
      [2, 'currency'],
      [3, 'name'],
      [3, 'price'],
      [3, 'currency'],
    ]);
  });

  it('is told for the first thousand, and counted for all', async () => {
    const many = Array.from({ length: 1_100 }, (_, index) => `S${index},Name,x,EUR`);
    const { errors, last: summary } = await importFile(acme.admin, table(...many));
    expect(errors).toHaveLength(1_000);
    expect(summary).toMatchObject({ failed: 1_100, committed: false });
  });

  it('of a new product says what it lacks', async () => {
    const { errors } = await importFile(acme.admin, 'sku,name\nA,One\n');
    expect(errors.map(({ field }) => field)).toEqual(['price', 'currency']);
  });

  it('has a currency that changes without the price', async () => {
    await importFile(acme.admin, table('A,One,1,EUR'));
    const { errors } = await importFile(acme.admin, 'sku,currency\nA,JPY\n');
    expect(errors).toMatchObject([{ field: 'currency', message: expect.stringMatching(/EUR/) }]);
    const { errors: decimals } = await importFile(acme.admin, 'sku,price\nA,1.001\n');
    expect(decimals).toMatchObject([
      { field: 'price', message: 'EUR has 2 decimals, and no more.' },
    ]);
  });

  it.each([
    ['is no JSON', '{"sku":', null],
    ['is no object', '["A"]', null],
    ['has a field that products have not', '{"sku":"B","org_id":"x"}', 'org_id'],
    ['has a price that is a number', '{"sku":"B","price":12.5}', 'price'],
    ['has no SKU', '{"name":"Two"}', 'sku'],
    ['has half of a surrogate pair', '{"sku":"B","name":"\\ud800"}', 'name'],
    [
      'has metadata that is too deep',
      `{"sku":"B","metadata":${'{"a":'.repeat(40)}1${'}'.repeat(41)}`,
      'metadata',
    ],
    ['has a number that JSON cannot write', '{"sku":"B","metadata":{"a":1e999}}', 'metadata'],
  ])('of JSON lines that %s is told', async (_what, line, field) => {
    const { errors } = await importFile(acme.admin, `${line}\n`, { type: NDJSON });
    expect(errors[0]).toMatchObject({ row: 1, field });
  });

  it('has metadata of just too many bytes, as the API counts them', async () => {
    const line = (metadata: object) =>
      JSON.stringify({ sku: 'A', name: 'One', price: '1', currency: 'EUR', metadata });
    // Of what fits, this takes the most room in PostgreSQL, which writes a space behind each comma.
    const ones = { list: Array(4_995).fill(1) };
    expect(JSON.stringify(ones)).toHaveLength(10_000);
    const taken = await importFile(acme.admin, line(ones), { type: NDJSON });
    expect(taken.last).toMatchObject({ created: 1 });
    const { errors } = await importFile(acme.admin, line({ list: [10, ...ones.list.slice(1)] }), {
      type: NDJSON,
    });
    expect(errors).toMatchObject([
      { field: 'metadata', message: expect.stringMatching(/it has 10001/) },
    ]);
  });
});

describe('a file that cannot be imported', () => {
  it.each([
    ['has a column that products have not', 'sku,org_id\nA,x\n', /org_id is no column/],
    ['has the id of a product', 'id,sku\nprod_x,A\n', /id is no column/],
    ['has a column twice', 'sku,name,sku\nA,x,A\n', /sku is there twice/],
    ['has no SKUs', 'name\nA\n', /sku is not there/],
    ['is empty', '', /no header/],
    ['has a quote that is not closed', `${HEADER}\nA,"One,1,EUR\n`, /Row 1 is no CSV/],
    ['has a row that is too long', `${HEADER}\nA,"${'x'.repeat(300_000)}`, /Row 1 is longer/],
  ])('because it %s is refused', async (_what, body, message) => {
    const { status, error } = await refused(acme.admin, body);
    expect(status).toBe(400);
    expect(error).toMatchObject({
      message: expect.stringMatching(message),
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });

  it('because it is not UTF-8 is refused', async () => {
    const body = Buffer.concat([
      Buffer.from(`${HEADER}\nA,`),
      Buffer.from([0xe9]),
      Buffer.from(',1,EUR\n'),
    ]);
    const { status, text } = await post(acme.admin, body);
    expect({ status, text }).toMatchObject({ status: 400, text: expect.stringMatching(/UTF-8/) });
  });

  it('is read with a byte order mark, and with no line break at its end', async () => {
    const { last } = await importFile(acme.admin, `\ufeff${HEADER}\nÄ1,x,1,EUR\nA,One,1,EUR`);
    expect(last).toMatchObject({ rows: 2, failed: 1 });
  });

  it.each([
    ['CRLF behind a header with LF', '\n', '\r\n'],
    ['LF behind a header with CRLF', '\r\n', '\n'],
    ['CR behind a header with LF', '\n', '\r'],
  ])('is read with other line breaks further down: %s', async (_what, first, then) => {
    const lines = [
      'A,1,EUR,"One",plain',
      'B,1,EUR,Two,"quoted"',
      '',
      'C,1,EUR,Three,"of two\r\nlines"',
    ];
    const body = `sku,price,currency,name,description${first}${lines.map((line) => line + then).join('')}`;
    const { last } = await importFile(acme.admin, body);
    expect(last).toMatchObject({ rows: 3, created: 3, failed: 0 });
    expect((await products(acme)).map(({ description }) => description)).toEqual([
      'plain',
      'quoted',
      'of two\r\nlines',
    ]);
  });

  it('keeps nothing of what was read before, and says so in its last line', async () => {
    const many = Array.from({ length: 1_600 }, (_, index) => `S${index},Name,1,EUR`);
    const body = table(...many, 'A,"One,1,EUR');
    const { lines } = await importFile(acme.admin, body, { onError: 'skip' });
    expect(lines).toEqual([
      { type: 'progress', rows: 1_000 },
      {
        ...{ type: 'failed', code: 'BAD_USER_INPUT', committed: false },
        message: expect.stringMatching(/Row 1601 is no CSV/),
      },
    ]);
    expect(await products(acme)).toEqual([]);
  });

  it('because it has too many rows is refused', async () => {
    const many = Array.from({ length: 100_001 }, (_, index) => `S${index},,,`);
    const { last } = await importFile(acme.admin, table(...many), { onError: 'skip' });
    expect(last).toMatchObject({ type: 'failed', message: expect.stringMatching(/100000 rows/) });
  }, 60_000);

  it('because it is too large is refused before it is read, or when it turns out to be', async () => {
    const socket = openSocket(api.url);
    const head = await new Promise<string>((resolve) => {
      socket.once('data', (data) => resolve(data.toString()));
      socket.write(
        `POST /catalog/products/import HTTP/1.1\r\nhost: x\r\ncontent-type: ${CSV}\r\nauthorization: Bearer ${acme.admin.token}\r\ncontent-length: 67108865\r\n\r\n`,
      );
    });
    socket.destroy();
    expect(head).toMatch(/^HTTP\/1\.1 413 .*67108864 bytes/s);

    const line = Buffer.from(`${'\n'.repeat(1_048_576)}`);
    let left = 65;
    const body = new ReadableStream({
      pull(controller) {
        if (left-- > 0) controller.enqueue(line);
        else controller.close();
      },
    });
    const { text } = await post(acme.admin, body, { type: NDJSON });
    expect(JSON.parse(text).errors[0].message).toMatch(/67108864 bytes/);
  }, 60_000);

  it.each([
    ['as JSON', { type: 'application/json' }, 415, /content-type/],
    ['compressed', { headers: { 'content-encoding': 'gzip' } }, 415, /uncompressed/],
    ['with another way of dealing with errors', { onError: 'ask' }, 400, /onError/],
  ])('because it comes %s is refused', async (_what, options, status, message) => {
    const answer = await refused(acme.admin, table('A,One,1,EUR'), options);
    expect(answer).toMatchObject({
      status,
      error: { message: expect.stringMatching(message), extensions: { code: 'BAD_USER_INPUT' } },
    });
    expect(await products(acme)).toEqual([]);
  });
});

describe('an export of products', () => {
  const TRICKY = [
    { sku: '-1', name: '=1+1', description: '@SUM(A1)', metadata: { '+': '=x' } },
    { sku: "'=x", name: "'-'", description: "'", metadata: {} },
    {
      sku: '=HYPERLINK("x")',
      name: '\tTab, "quoted"',
      description: 'two\r\nlines\rand more\n',
      metadata: {},
    },
    { sku: 'z', name: '＝１', description: '', metadata: { n: 1e21, deep: [{ a: null }] } },
  ].map((product, index) => ({
    ...product,
    ...{ price: '12.50', currency: 'EUR', category: index % 2 ? 'hats' : null },
    ...{ active: index % 2 === 0, stock: index, low_stock_threshold: index % 2 ? 5 : null },
  }));

  beforeEach(async () => {
    await createCategory(acme, 'hats');
    const body = TRICKY.map((product) => JSON.stringify(product)).join('\n');
    expect((await importFile(acme.admin, body, { type: NDJSON })).last.created).toBe(4);
  });

  it.each([
    ['csv', CSV],
    ['ndjson', NDJSON],
  ])('as %s changes nothing when it is imported again', async (format, type) => {
    const before = await products(acme);
    const { text } = await exportFile(acme.viewer, format);
    const { lines } = await importFile(acme.admin, text, { type });
    expect(lines).toEqual([
      expect.objectContaining({ type: 'summary', rows: 4, unchanged: 4, updated: 0, warnings: 0 }),
    ]);
    expect(await products(acme)).toEqual(before);
  });

  it.each([
    ['csv', CSV],
    ['ndjson', NDJSON],
  ])('as %s makes the same products in another organization', async (format, type) => {
    await createCategory(globex, 'hats');
    const { text } = await exportFile(acme.viewer, format);
    expect((await importFile(globex.admin, text, { type })).last.created).toBe(4);
    const copied = await products(globex);
    expect(copied).toEqual(await products(acme));
    sumsMatch(copied);
    expect((await exportFile(globex.viewer, format)).text).toBe(text);
  });

  it('has no cell that a spreadsheet takes for a formula', async () => {
    const { text, headers } = await exportFile(acme.viewer);
    expect(text).not.toMatch(/(^|[,\n])"?[=+\-@\t＝]/);
    expect(text).toContain(`'=1+1`);
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(headers.get('content-disposition')).toBe('attachment; filename="products.csv"');
  });

  it('leaves out what is deleted, and goes on behind a page by SKU', async () => {
    const many = Array.from(
      { length: 2_001 },
      (_, index) => `S${String(index).padStart(4, '0')},Name,1,EUR`,
    );
    await importFile(globex.admin, table(...many));
    await rows(
      "UPDATE products SET deleted_at = now() WHERE org_id = $1 AND sku = 'S1000'",
      globex.tenant.orgId,
    );
    const { text } = await exportFile(globex.viewer, 'ndjson');
    const skus = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).sku);
    expect(skus).toEqual(many.map((line) => line.split(',')[0]).filter((sku) => sku !== 'S1000'));
  });

  it('is of one moment, whatever is written while the client takes it', async () => {
    await fill(globex, 4_000);
    const socket = openSocket(api.url);
    socket.write(
      `GET /catalog/products/export HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${globex.viewer.token}\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once('readable', resolve));
    await rows(
      "UPDATE products SET name = 'new' WHERE org_id = $1 AND sku = 'S03999'",
      globex.tenant.orgId,
    );
    let text = '';
    for await (const chunk of socket) text += chunk;
    expect(text.includes('\nS03999,old,')).toBe(true);
    expect(text.includes(',new,')).toBe(false);
  });

  it('has just the header, or nothing, where there are no products', async () => {
    expect((await exportFile(globex.viewer)).text).toBe(
      'sku,name,description,price,currency,category,active,stock,low_stock_threshold,metadata\n',
    );
    expect((await exportFile(globex.viewer, 'ndjson')).text).toBe('');
  });

  it('in a format that is none is refused', async () => {
    const { text } = await exportFile(acme.viewer, 'xlsx');
    expect(JSON.parse(text).errors[0].message).toMatch(/^format: Must be csv or ndjson/);
  });
});

describe('organizations', () => {
  it('have the same SKUs without touching each other', async () => {
    await importFile(globex.admin, `${HEADER},stock,low_stock_threshold\nA,Theirs,9,EUR,4,5\n`);
    const theirs = await products(globex);
    const file = `${HEADER},stock,low_stock_threshold\nA,Ours,1,EUR,2,1\n`;
    expect((await importFile(acme.admin, file)).last).toMatchObject({ created: 1, updated: 0 });
    expect(
      (await importFile(acme.admin, 'sku,name,low_stock_threshold\nA,New,7\n')).last.updated,
    ).toBe(1);
    expect(await products(globex)).toEqual(theirs);
    expect((await exportFile(acme.viewer)).text).not.toContain('Theirs');
    expect((await exportFile(globex.viewer)).text).not.toContain('Ours');
  });

  it('have categories of the same slug, each its own', async () => {
    const theirs = await createCategory(globex, 'shoes');
    await createCategory(globex, 'secret');
    const ours = await createCategory(acme, 'shoes');
    const file = `${HEADER},category\nA,One,1,EUR,shoes\n`;
    await importFile(acme.admin, file);
    const [{ category_id }] = await rows(
      'SELECT category_id FROM products WHERE org_id = $1',
      acme.tenant.orgId,
    );
    expect([ours, theirs].indexOf(category_id)).toBe(0);

    const ids = [theirs, encodeId('cat', theirs), 'secret', `shoes/secret`];
    const foreign = ids.map((id, index) => `F${index},One,1,EUR,${id}`);
    const made = ids.map((_, index) => `F${index},One,1,EUR,there-is-none-${index}`);
    const header = `${HEADER},category\n`;
    const answers = await Promise.all([
      importFile(acme.admin, `${header}${foreign.join('\n')}`),
      importFile(globex.admin, `${header}${made.join('\n')}`),
    ]);
    // To the byte what the answer is for a category that nobody has.
    expect(answers[0].lines).toEqual(answers[1].lines);
    expect(answers[0].last.failed).toBe(4);
  });

  it('cannot be named by a request', async () => {
    const file = table('A,One,1,EUR');
    await importFile(acme.admin, file, {
      headers: { 'x-organization': globex.slug, 'x-org-id': globex.tenant.orgId },
    });
    expect(await products(globex)).toEqual([]);
    const { status, error } = await refused(acme.admin, file, {
      headers: { 'x-tenant-id': globex.tenant.orgId },
    });
    expect({ status, code: error.extensions.code }).toEqual({
      status: 401,
      code: 'UNAUTHENTICATED',
    });
  });
});

describe('who may import and export', () => {
  const file = table('A,One,1,EUR');

  it.each(['owner', 'admin'] as const)('an import is for %s', async (role) => {
    expect((await importFile(acme[role], file)).last.created).toBe(1);
  });

  it.each(['member', 'viewer'] as const)('an import is not for %s', async (role) => {
    const { status, error } = await refused(acme[role], file);
    expect(status).toBe(403);
    expect(error.extensions).toEqual({ code: 'FORBIDDEN', permission: 'catalog:write' });
    expect(await products(acme)).toEqual([]);
  });

  it('neither is for somebody who is not signed in', async () => {
    expect((await refused(null, file)).status).toBe(401);
    const { status } = await fetch(`${api.url}/catalog/products/export`);
    expect(status).toBe(401);
  });

  it('neither is for somebody whose account was disabled a moment ago', async () => {
    await importFile(acme.admin, file);
    await exportFile(acme.admin);
    await acme.owner.ask(
      'mutation ($input: DisableUserInput!) { disableUser(input: $input) { id } }',
      { input: { userId: acme.admin.id } },
    );
    expect((await refused(acme.admin, table('B,One,1,EUR'))).status).toBe(401);
    expect(JSON.parse((await exportFile(acme.admin)).text).errors[0].extensions.code).toBe(
      'UNAUTHENTICATED',
    );
  });

  it('cookies count where no other site can have caused the request', async () => {
    const cookie = `rowhouse_access=${acme.admin.token}`;
    expect((await post(null, file, { headers: { cookie } })).status).toBe(401);
    const asked = { cookie, 'apollo-require-preflight': 'true' };
    expect((await post(null, file, { headers: asked })).status).toBe(200);
    const url = `${api.url}/catalog/products/export`;
    expect((await fetch(url, { headers: { cookie } })).status).toBe(401);
    expect((await fetch(url, { headers: asked })).status).toBe(200);
  });
});

describe('beside others', () => {
  /** Runs `work` while another connection holds what `lock` locks. */
  const holding = <T>(lock: string, values: unknown[], work: () => Promise<T>) =>
    withAdminConnection(api.database.superuserUrl, async (client) => {
      await client.query('BEGIN');
      await client.query(lock, values);
      try {
        return await work();
      } finally {
        await client.query('ROLLBACK');
      }
    });

  it('a batch whose product somebody else holds too long fails by itself', async () => {
    await createCategory(acme, 'shoes');
    const header = `${HEADER},category`;
    const many = Array.from({ length: 1_500 }, (_, index) => `S${index},Name,1.00,EUR,shoes`);
    await importFile(acme.admin, [header, ...many.slice(0, 10)].join('\n'));
    const changed = [header, ...many.map((line) => line.replace('Name', 'New'))].join('\n');
    const { errors, last } = await holding(
      'SELECT FROM products WHERE org_id = $1 FOR UPDATE',
      [acme.tenant.orgId],
      () => importFile(acme.admin, changed, { onError: 'skip' }),
    );
    expect(errors).toHaveLength(500);
    expect(errors[0]).toMatchObject({
      row: 1,
      sku: 'S0',
      message: expect.stringMatching(/Send the row again/),
    });
    expect(last).toMatchObject({ created: 1_000, failed: 500, committed: true });
  });

  it('a product that somebody else makes at the same moment is changed', async () => {
    const { orgId } = acme.tenant;
    let importing: ReturnType<typeof importFile> | undefined;
    await withAdminConnection(api.database.superuserUrl, async (client) => {
      await client.query('BEGIN');
      await client.query(
        "INSERT INTO products (org_id, id, sku, name, price_amount, currency) VALUES ($1, gen_random_uuid(), 'A', 'Theirs', 1, 'EUR')",
        [orgId],
      );
      await client.query(
        'INSERT INTO stock_levels (org_id, product_id) SELECT org_id, id FROM products WHERE org_id = $1',
        [orgId],
      );
      importing = importFile(acme.admin, table('A,Ours,1,EUR', 'B,Two,1,EUR'));
      await eventually(async () => (await lockWaits()) > 0, 'the import waits');
      await client.query('COMMIT');
    });
    expect((await importing)?.last).toMatchObject({ created: 1, updated: 1, committed: true });
    expect(await products(acme)).toMatchObject([
      { sku: 'A', name: 'Ours', version: 2 },
      { sku: 'B', version: 1 },
    ]);
  });

  it('another import of the same organization is refused, and one of another is not', async () => {
    const key = `${acme.tenant.orgId} import of products`;
    const lock = 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))';
    await holding(lock, [key], async () => {
      const { status, error } = await refused(acme.admin, table('A,One,1,EUR'));
      expect({ status, code: error.extensions.code }).toEqual({
        status: 429,
        code: 'RATE_LIMITED',
      });
      expect((await importFile(globex.admin, table('A,One,1,EUR'))).last.created).toBe(1);
    });
    expect((await importFile(acme.admin, table('A,One,1,EUR'))).last.created).toBe(1);
  });

  it('one organization has no more than a quarter of the connections for its transfers', async () => {
    await fill(acme, 4_000);
    const get = `GET /catalog/products/export HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${acme.viewer.token}\r\n\r\n`;
    const sockets = await Promise.all(
      [1, 2].map(async () => {
        const socket = openSocket(api.url);
        socket.write(get);
        await new Promise((resolve) => socket.once('readable', resolve));
        return socket;
      }),
    );
    const { status, error } = await refused(acme.admin, table('A,One,1,EUR'));
    expect({ status, code: error.extensions.code }).toEqual({ status: 429, code: 'RATE_LIMITED' });
    expect((await importFile(globex.admin, table('A,One,1,EUR'))).last.created).toBe(1);
    for (const socket of sockets) socket.destroy();
    await eventually(
      async () => (await post(acme.admin, table('A,One,1,EUR'))).status === 200,
      'their places are free again',
    );
  });
});

describe('a client', () => {
  const head = (person: Person, headers = '') =>
    `POST /catalog/products/import?onError=skip HTTP/1.1\r\nhost: x\r\ncontent-type: ${CSV}\r\nauthorization: Bearer ${person.token}\r\n${headers}transfer-encoding: chunked\r\n\r\n`;
  const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
  const many = Array.from({ length: 1_001 }, (_, index) => `S${index},Name,1,EUR`);

  it('that goes away ends its import, with nothing kept', async () => {
    const socket = openSocket(api.url);
    socket.write(head(acme.admin) + chunk(table(...many)));
    await new Promise((resolve) => socket.once('data', resolve));
    socket.destroy();
    await eventually(async () => isIdle(), 'it has ended');
    expect(await products(acme)).toEqual([]);
    expect((await importFile(acme.admin, table(...many))).last.created).toBe(1_001);
  });

  it('that goes away when it has sent everything ends its import just so', async () => {
    await importFile(acme.admin, table('A,Old,1,EUR'));
    const before = await products(acme);
    const socket = openSocket(api.url);
    await withAdminConnection(api.database.superuserUrl, async (client) => {
      await client.query('BEGIN');
      await client.query('SELECT FROM products WHERE org_id = $1 FOR UPDATE', [acme.tenant.orgId]);
      socket.write(`${head(acme.admin) + chunk(table('A,New,1,EUR', 'B,Two,1,EUR'))}0\r\n\r\n`);
      await eventually(async () => (await lockWaits()) > 0, 'the import waits');
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.destroy();
      await closed;
      // The server hears of it before the import goes on.
      await fetch(`${api.url}/health/live`);
      await client.query('COMMIT');
    });
    await eventually(async () => isIdle(), 'it has ended');
    expect(await products(acme)).toEqual(before);
  });

  it('that is slow is waited for, longer than PostgreSQL would', async () => {
    const socket = openSocket(api.url);
    socket.write(head(acme.admin) + chunk(table(...many)));
    for (let row = 0; row < 5; row++) {
      await new Promise((resolve) => setTimeout(resolve, IDLE_IN_TRANSACTION_MS / 3));
      socket.write(chunk(`LATE-${row},Name,1,EUR\n`));
    }
    socket.write('0\r\n\r\n');
    const text = await new Promise<string>((resolve) => {
      let all = '';
      socket.on('data', (data) => {
        all += data;
        if (all.endsWith('\r\n0\r\n\r\n')) resolve(all);
      });
    });
    socket.destroy();
    expect(text).toMatch(/"created":1006,.*"committed":true/);
  });

  it('that sends nothing for too long is told so, with nothing kept', async () => {
    const socket = openSocket(api.url);
    socket.write(head(acme.admin) + chunk(table(...many)));
    let text = '';
    for await (const data of socket) text += data;
    expect(text).toMatch(
      /"type":"failed","code":"BAD_USER_INPUT","message":"body: Nothing has come for 2.5 seconds/,
    );
    expect(text).not.toContain('summary');
    expect(await products(acme)).toEqual([]);
  });

  it('that takes nothing for too long is cut off', async () => {
    await fill(acme, 4_000);
    const socket = openSocket(api.url);
    socket.write(
      `GET /catalog/products/export HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${acme.viewer.token}\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once('readable', resolve));
    await eventually(async () => isIdle(), 'its transaction has ended');
    let text = '';
    try {
      for await (const data of socket) text += data;
    } catch {
      // A reset, as far as it comes before the end.
    }
    expect(text.includes('S03999')).toBe(false);
    expect(text.endsWith('0\r\n\r\n')).toBe(false);
  });
});
