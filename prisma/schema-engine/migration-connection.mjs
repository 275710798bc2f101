import pg from 'pg';
import { connectionError, EngineError } from './engine-error.mjs';
import { describeScriptError } from './script-error.mjs';

/** From the catalog pg_type. */
const TYPE_OID = { char: 18, bpchar: 1042 };

/**
 * The one database connection of the schema engine, in the shape of the pool `@prisma/adapter-pg` asks for.
 *
 * One, because the engine takes a session-level advisory lock (`pg_advisory_lock(72707369)`) and relies
 * on the session holding it until it is done; a second connection would not be covered by it, and an
 * idle one that is closed would give it back.
 */
export class MigrationConnection extends pg.Pool {
  /** @type {{ script: string, code: string, text: string } | undefined} */
  scriptFailure;

  /** @type {Set<MigrationConnection>} */
  static #open = new Set();

  /** @type {number | undefined} */
  #backendId;

  /** @type {WeakMap<unknown[], number[]>} */
  #charColumns = new WeakMap();

  /** @param {string} url */
  constructor(url) {
    const target = parseUrl(url);
    super({
      connectionString: url,
      connectionTimeoutMillis: target.connectTimeoutSeconds * 1000,
      max: 1,
      idleTimeoutMillis: 0,
      // Unqualified names in a migration belong to the schema named in the URL, whatever the role's
      // own search_path says.
      onConnect: async (client) => {
        const { rows } = await client.query(
          `SELECT set_config('search_path', quote_ident($1), false), pg_backend_pid() AS id`,
          [target.schema],
        );
        this.#backendId = rows[0].id;
      },
    });
    this.target = target;
    MigrationConnection.#open.add(this);
    // A lost connection fails the query that was running; as an event without listener it would end the
    // process before that could be reported.
    this.on('connect', (client) => client.on('error', () => {}));
  }

  /** Connects now, and says what is wrong in Prisma's terms where that fails. */
  async ensureConnected() {
    try {
      (await this.connect()).release();
    } catch (cause) {
      throw connectionError(cause, this.target);
    }
  }

  /**
   * Replaces PostgreSQL's internal type "char", which the adapter refuses, by the SQL type character(1),
   * and remembers where it was: see `charColumns`.
   *
   * @param {any[]} args
   * @returns {Promise<any>}
   */
  async query(...args) {
    // @ts-expect-error: the overloads of pg cannot be forwarded
    const result = await super.query(...args);
    const columns = [];
    for (const [index, field] of (result.fields ?? []).entries()) {
      if (field.dataTypeID !== TYPE_OID.char) continue;
      field.dataTypeID = TYPE_OID.bpchar;
      columns.push(index);
    }
    if (columns.length > 0) this.#charColumns.set(result.rows, columns);
    return result;
  }

  /**
   * The positions of "char" columns in rows that `query` returned.
   *
   * @param {unknown[]} rows
   */
  charColumns(rows) {
    return this.#charColumns.get(rows) ?? [];
  }

  /**
   * Runs a migration as the native engine does: the whole text in one message, so that PostgreSQL itself
   * finds the statements (function bodies hold semicolons) and treats them as one transaction.
   *
   * @param {string} script
   */
  async executeScript(script) {
    const client = await this.connect();
    try {
      await client.query(script);
      if (client.getTransactionStatus() !== 'I') {
        throw new Error('The script begins a transaction that it does not end with COMMIT.');
      }
    } catch (cause) {
      // What the engine is about to note in _prisma_migrations must not end up in a transaction that the
      // script left open.
      await client.query('ROLLBACK').catch(() => {});
      const failure = describeScriptError(cause, script);
      this.scriptFailure = { script, ...failure };
      throw failure.driverAdapterError;
    } finally {
      client.release();
    }
  }

  async end() {
    MigrationConnection.#open.delete(this);
    await super.end();
  }

  /** Asks the server to stop what runs on any of the connections, so that it is rolled back. */
  static async cancelRunningStatements() {
    await Promise.all([...MigrationConnection.#open].map((connection) => connection.#cancel()));
  }

  async #cancel() {
    if (this.#backendId === undefined) return;
    const other = new pg.Client(this.options);
    try {
      await other.connect();
      await other.query('SELECT pg_cancel_backend($1)', [this.#backendId]);
    } finally {
      await other.end();
    }
  }
}

/**
 * Reads the parts of a connection URL that Prisma defines and `pg` does not.
 *
 * @param {string} url
 */
function parseUrl(url) {
  if (!URL.canParse(url)) throw new EngineError('The database URL is not a valid URL.', 'P1013');
  const { hostname, port, username, pathname, searchParams } = new URL(url);
  return {
    host: searchParams.get('host') ?? (decodeURIComponent(hostname) || 'localhost'),
    port: port || '5432',
    user: decodeURIComponent(username),
    database: decodeURIComponent(pathname.slice(1)) || 'postgres',
    schema: searchParams.get('schema') ?? 'public',
    connectTimeoutSeconds: Number(searchParams.get('connect_timeout') ?? 5),
  };
}
