import { newUuid } from '../../src/shared/ids.js';
import { type Answer, type Person, sendTo, TEST_SECRET } from './api.js';
import type { TestDatabase } from './database.js';
import { eventually } from './eventually.js';
import { asSuperuser } from './order-truth.js';
import {
  buildProduct,
  type Running,
  startProduct,
  temporaryFolder,
  untilPrinted,
} from './product.js';

/** The built product as it runs in production: a process that can be killed. */
export interface ServerProcess {
  send(person: Person, query: string, variables?: object): Promise<Answer>;
  /** As `kill -9` does. Resolves when the process is no more. */
  kill(): Promise<void>;
  /** Resolves when PostgreSQL has noticed, and has ended whatever was under way. */
  forgotten(): Promise<void>;
}

export interface ServerProcessOptions {
  /** Where the database is for this one, such as behind a proxy. */
  databaseUrl?: string;
  poolSize: number;
}

/** Server processes on the database of an API of the test, whose tokens they take. */
export class ServerProcesses {
  readonly #database: TestDatabase;
  readonly #folder: Awaited<ReturnType<typeof temporaryFolder>>;
  readonly #started: Running[] = [];

  private constructor(database: TestDatabase, folder: Awaited<ReturnType<typeof temporaryFolder>>) {
    this.#database = database;
    this.#folder = folder;
  }

  static async on(database: TestDatabase): Promise<ServerProcesses> {
    await buildProduct();
    return new ServerProcesses(database, await temporaryFolder());
  }

  /** Resolves when it serves. */
  async start({ databaseUrl, poolSize }: ServerProcessOptions): Promise<ServerProcess> {
    const name = `server-${newUuid()}`;
    const url = new URL(databaseUrl ?? this.#database.appUrl);
    url.searchParams.set('application_name', name);
    const running = startProduct('main.js', [], {
      cwd: this.#folder.path,
      env: {
        NODE_ENV: 'production',
        HOST: '127.0.0.1',
        PORT: '0',
        DATABASE_URL: url.href,
        DATABASE_POOL_SIZE: String(poolSize),
        DATABASE_POOL_WAIT_MS: '10000',
        JWT_SECRET: TEST_SECRET,
        // As under npm: it ends with this process, even when that is killed itself.
        npm_lifecycle_event: 'start',
      },
    });
    this.#started.push(running);
    await untilPrinted(running, /"listening"/);
    const send = sendTo(/http:\/\/[\d.]+:\d+/.exec(running.stdout())?.[0] ?? '');
    return {
      send: ({ token }, query, variables) =>
        send(query, variables, { authorization: `Bearer ${token}` }),
      kill: () => kill(running),
      forgotten: () =>
        eventually(async () => {
          const ofIt = 'SELECT FROM pg_stat_activity WHERE application_name = $1';
          return (await asSuperuser(this.#database, ofIt, [name])).length === 0;
        }, 'PostgreSQL has noticed that the server is dead'),
    };
  }

  /** Ends all of them, those included that are just starting. */
  async end(): Promise<void> {
    await Promise.all(this.#started.map(kill));
    await this.#folder[Symbol.asyncDispose]();
  }
}

async function kill({ child, ended }: Running): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}
