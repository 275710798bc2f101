/**
 * `npm run bench:import`: how long an import of 10,000 products takes, as CSV and as JSON lines, with all rows or none
 * and with those that are good.
 *
 * It starts the product with an embedded PostgreSQL in a folder of its own, and sends each file over HTTP three times:
 * when its products are new, when all of them change, threshold included, and when they are so already. Everything is
 * removed at the end. It ends with 1, and names them, where imports take longer than ten seconds.
 */
import { availableParallelism } from 'node:os';
import { print, withProduct } from './started-product.js';

const ROWS = Number(process.env.ROWS ?? 10_000);
const LIMIT = 10_000;
/** With `skip`, every hundredth row is faulty. */
const FAULTY = 100;

const FORMATS = {
  CSV: { mediaType: 'text/csv', write: csv },
  'JSON lines': { mediaType: 'application/x-ndjson', write: jsonLines },
};

await withProduct({ name: 'import', port: 4790 }, async (product) => {
  const token = await product.signUp();
  const client = await product.connect();
  const { server_version } = (await client.query('SHOW server_version')).rows[0];
  print(`${process.version}, ${availableParallelism()} cores, ${server_version}, ${ROWS} rows`);
  for (const [format, { mediaType, write }] of Object.entries(FORMATS)) {
    for (const onError of ['abort', 'skip']) {
      const failed = onError === 'skip' ? Math.floor(ROWS / FAULTY) : 0;
      const good = ROWS - failed;
      const prefix = `${format}-${onError}-`.replace(' ', '-');
      const rows = (change) => products(prefix, failed > 0, change);
      const none = { created: 0, updated: 0, unchanged: 0 };
      const turns = [
        ['new', write(rows(0)), { created: good }],
        ['changed', write(rows(1)), { updated: good }],
        ['so already', write(rows(1)), { unchanged: good }],
      ];
      for (const [what, body, counts] of turns) {
        const { took, summary } = await send(product, token, { mediaType, onError, body });
        expect(summary, { rows: ROWS, ...none, ...counts, failed, committed: true });
        const name = `${format}, ${onError}, ${what}`;
        print(
          `${name.padEnd(46)} ${(took / 1000).toFixed(1)} s (${(body.length / 1e6).toFixed(1)} MB)`,
        );
        product.check(name, took, LIMIT);
      }
    }
  }
  await client.end();
});

function products(prefix, hasFaults, change) {
  return Array.from({ length: ROWS }, (_, n) => ({
    sku: `${prefix}${n}`,
    name: `Product ${n} of the benchmark`,
    description: `What there is to say of product ${n}, in one sentence of usual length.`,
    price: hasFaults && n % FAULTY === FAULTY - 1 ? '1.005' : `${1 + ((n + change) % 500)}.50`,
    currency: 'EUR',
    stock: 50,
    low_stock_threshold: 5 + change,
    metadata: { colour: ['red', 'green', 'blue'][n % 3], size: n % 50 },
  }));
}

function csv(rows) {
  const columns = Object.keys(rows[0]);
  const cell = (value) =>
    typeof value === 'object' ? `"${JSON.stringify(value).replaceAll('"', '""')}"` : `"${value}"`;
  const line = (row) => columns.map((column) => cell(row[column])).join(',');
  return `${[columns.join(','), ...rows.map(line)].join('\n')}\n`;
}

function jsonLines(rows) {
  return `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`;
}

async function send({ url }, token, { mediaType, onError, body }) {
  const start = performance.now();
  const response = await fetch(`${url}/catalog/products/import?onError=${onError}`, {
    method: 'POST',
    headers: { 'content-type': mediaType, authorization: `Bearer ${token}` },
    body,
  });
  const text = await response.text();
  const took = performance.now() - start;
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
  return { took, summary: JSON.parse(text.trimEnd().split('\n').at(-1)) };
}

/** A fast import that has not done what it should is no import. */
function expect(summary, counts) {
  const wrong = Object.keys(counts).filter((key) => summary[key] !== counts[key]);
  if (wrong.length > 0)
    throw new Error(`Not ${JSON.stringify(counts)}: ${JSON.stringify(summary)}`);
}
