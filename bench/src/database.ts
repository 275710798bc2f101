import { join } from 'node:path';
import type { Client } from 'pg';
import {
  deployMigrations,
  type EmbeddedPostgres,
  startEmbeddedPostgres,
  withAdminConnection,
} from './product.ts';

/** One database of the server that all servers under test share. */
export interface Database {
  readonly name: string;
  /** As the role that serves requests, whom row-level security holds. */
  readonly appUrl: string;
  /** As a superuser, whom nothing holds: for making data and for looking behind an answer. */
  readonly adminUrl: string;
}

const SETTINGS = {
  // All rows fit, so that no server is measured while another one's pages are read from disk.
  shared_buffers: '512MB',
  // As for solid-state disks. Without it, statements with a literal limit, such as PostGraphile's, get a plan
  // that takes several times as long, and the comparison would be about that.
  random_page_cost: '1.1',
  // It would run in one server's stretch and not in another's; the runner vacuums between rounds.
  autovacuum: 'off',
};

/** What the report says about the database. */
export const DATABASE_NOTES =
  'throw-away (fsync, synchronous_commit and full_page_writes off), vacuumed between rounds, ' +
  `shared_buffers ${SETTINGS.shared_buffers}, random_page_cost ${SETTINGS.random_page_cost}`;

/** A PostgreSQL of its own in `directory`, with the product's migrations in its main database. */
export class DatabaseServer {
  readonly #postgres: EmbeddedPostgres;

  private constructor(postgres: EmbeddedPostgres) {
    this.#postgres = postgres;
  }

  static async start(directory: string): Promise<DatabaseServer> {
    const postgres = await startEmbeddedPostgres({
      directory: join(directory, 'postgres'),
      durable: false,
      settings: SETTINGS,
    });
    return new DatabaseServer(postgres);
  }

  get version(): string {
    return this.#postgres.version;
  }

  get main(): Database {
    return this.#database('rowhouse');
  }

  async migrate(): Promise<void> {
    await deployMigrations({ url: this.#postgres.ownerUrl, onProgress: () => undefined });
  }

  /** The main database once more, as it is now. Nobody may be connected to it. */
  async copyMain(name: string, change: (client: Client) => Promise<void>): Promise<Database> {
    await withAdminConnection(this.#postgres.superuserUrl, (client) =>
      client.query(`CREATE DATABASE ${name} TEMPLATE ${this.main.name} OWNER rowhouse_owner`),
    );
    const copy = this.#database(name);
    await withAdminConnection(copy.adminUrl, async (client) => {
      // A copy has the default privileges, which the product refuses to serve with.
      await client.query(`REVOKE TEMPORARY ON DATABASE ${name} FROM PUBLIC`);
      await change(client);
      await client.query('VACUUM ANALYZE');
    });
    return copy;
  }

  stop(): Promise<void> {
    return this.#postgres.stop();
  }

  #database(name: string): Database {
    const { appUrl, superuserUrl } = this.#postgres;
    return { name, appUrl: inDatabase(appUrl, name), adminUrl: inDatabase(superuserUrl, name) };
  }
}

function inDatabase(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}
