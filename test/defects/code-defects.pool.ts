import type { CodeDefect } from './defect.js';

const POOL = 'src/tenancy/connection-pool.ts';
const TENANCY = 'src/tenancy/tenancy.ts';

/** Connections, which outlive the requests that use them. */
export const POOL_DEFECTS: readonly CodeDefect[] = [
  {
    name: 'a connection goes back to the pool inside a transaction',
    pitfall: 17,
    changes: [
      {
        file: POOL,
        from: "client.release(client.getTransactionStatus() !== 'I');",
        to: 'client.release();',
      },
    ],
    tryFirst: { files: ['test/tenancy.test.ts'], tests: 'goes back to the pool' },
  },
  {
    name: 'a lost connection has nobody who listens',
    pitfall: 28,
    changes: [
      {
        file: POOL,
        from: "client.on('error', (error) => logger.warn({ err: error }, 'a database connection was lost'));",
        to: '',
      },
    ],
    tryFirst: { files: ['test/isolation-pitfalls.test.ts'], tests: 'pitfall 28' },
  },
  {
    name: 'all connections share the PrismaClient of the first one',
    pitfall: 27,
    changes: [
      {
        file: POOL,
        from: 'this.#prisma ??= bindPrisma(this.client);\n    return this.#prisma;',
        to: 'shared ??= bindPrisma(this.client);\n    return shared;',
      },
      {
        file: POOL,
        from: 'class LazyConnection implements Connection {',
        to: 'let shared: PrismaClient | undefined;\n\nclass LazyConnection implements Connection {',
      },
    ],
    tryFirst: { files: ['test/tenancy.test.ts'], tests: 'keeps organizations apart' },
    mayHang: true,
  },
  {
    name: "a connection's time zone is the server's",
    changes: [
      {
        file: POOL,
        from: `client.query("SET TimeZone = 'UTC'").catch(() => undefined);`,
        to: '',
      },
    ],
    tryFirst: { files: ['test/faults.test.ts'], tests: 'time zone' },
  },
  {
    name: 'finding an organization leaves it set on the pooled connection',
    pitfall: 17,
    changes: [
      {
        file: TENANCY,
        from: "'SELECT tenancy.find_organization($1) AS id',\n      [slug],",
        to: `'SELECT id FROM tenancy.find_organization($1) AS id, set_config($2, id::text, false)',
      [slug, 'app.current_org'],`,
      },
    ],
    tryFirst: { files: ['test/tenancy.test.ts'], tests: 'leaves nothing set' },
  },
];
