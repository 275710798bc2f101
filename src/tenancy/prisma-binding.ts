import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { isDatabaseFailure, StatementFailure, translateDatabaseError } from './database-error.js';
import { PrismaClient } from './generated/prisma/client.js';

/**
 * A PrismaClient whose every statement goes to `client`, and so takes part in whatever transaction
 * is open there. Making the first one costs about 80 ms, each further one about 7 ms and 3 MB.
 */
export function bindPrisma(client: pg.ClientBase): PrismaClient {
  return new PrismaClient({ adapter: new PrismaPg(new SingleConnectionPool(client)) });
}

/**
 * What `@prisma/adapter-pg` takes for a pool. It only ever calls `query` and, for its own
 * transactions, `connect`; those become savepoints of the transaction that is already open.
 */
class SingleConnectionPool extends pg.Pool {
  readonly #client: pg.ClientBase;
  #savepoints = 0;

  constructor(client: pg.ClientBase) {
    super({ max: 1 });
    this.#client = client;
  }

  // biome-ignore lint/suspicious/noExplicitAny: pg.Pool overloads `query` eight ways; the adapter uses one.
  override query(config: any): any {
    return this.#run(config);
  }

  // biome-ignore lint/suspicious/noExplicitAny: the adapter needs query, release and the two listener methods.
  override connect(): any {
    const savepoint = `prisma_${++this.#savepoints}`;
    return Promise.resolve({
      query: (config: pg.QueryConfig) =>
        this.#run({ ...config, text: asSavepoint(config.text, savepoint) }),
      release: () => undefined,
      on: () => undefined,
      removeListener: () => undefined,
    });
  }

  override end(): Promise<void> {
    return Promise.resolve();
  }

  async #run(config: string | pg.QueryConfig) {
    try {
      return await this.#client.query(config);
    } catch (error) {
      const failure = translateDatabaseError(error);
      throw isDatabaseFailure(failure) ? new StatementFailure(failure) : failure;
    }
  }
}

function asSavepoint(text: string, savepoint: string): string {
  switch (text) {
    case 'BEGIN':
      return `SAVEPOINT ${savepoint}`;
    case 'COMMIT':
      return `RELEASE SAVEPOINT ${savepoint}`;
    case 'ROLLBACK':
      return `ROLLBACK TO SAVEPOINT ${savepoint}`;
    default:
      return text;
  }
}
