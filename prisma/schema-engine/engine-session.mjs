import { readFile } from 'node:fs/promises';
import { EngineError, failedMigrationError } from './engine-error.mjs';
import { MigrationConnection } from './migration-connection.mjs';
import { PostgresAdapterFactory } from './postgres-adapter.mjs';
import { createEngine } from './wasm-engine.mjs';

/** Where the WebAssembly engine names a method of the protocol differently. */
const METHOD_NAMES = new Map([['getDatabaseVersion', 'version']]);

/** What one run of the CLI asks of the engine. Nothing is connected before the first request needs it. */
export class EngineSession {
  /** @type {MigrationConnection | undefined} */
  #connection;
  /** @type {ReturnType<typeof createEngine> | undefined} */
  #started;

  /**
   * @param {{ datamodels: string[], urls: import('./postgres-adapter.mjs').DatasourceUrls }} options
   * @param {(text: string) => void} print
   */
  constructor({ datamodels, urls }, print) {
    this.datamodels = datamodels;
    this.urls = urls;
    this.print = print;
  }

  /**
   * @param {string} method
   * @param {any} params
   */
  async call(method, params) {
    const { engine, errorRegistry } = await this.#start(needsDatabase(method, params));
    try {
      const result = await engine[METHOD_NAMES.get(method) ?? method](params);
      if (method !== 'diff') return result;
      if (result.stdout) this.print(result.stdout);
      return { ...result, stdout: null };
    } catch (error) {
      throw this.#failedMigration(params) ?? originalError(error, errorRegistry) ?? error;
    }
  }

  async close() {
    await this.#connection?.end();
  }

  /** @param {boolean} connected */
  #start(connected) {
    this.#started ??= this.#createEngine(connected);
    return this.#started;
  }

  /** @param {boolean} connected */
  async #createEngine(connected) {
    if (connected) {
      if (!this.urls.url) throw new EngineError('This command needs a database: set DATABASE_URL.');
      this.#connection = new MigrationConnection(this.urls.url);
      await this.#connection.ensureConnected();
    }
    return createEngine(
      await Promise.all(this.datamodels.map(readDatamodel)),
      new PostgresAdapterFactory(this.#connection, this.urls),
      (line) => process.stderr.write(line),
    );
  }

  /**
   * The WebAssembly engine reports a failed migration as an "external connector error" without code and
   * name; both are known here, by the text of the script that failed.
   *
   * @param {any} params
   */
  #failedMigration(params) {
    const failure = this.#connection?.scriptFailure;
    const migration = params?.migrationsList?.migrationDirectories.find(
      (directory) => failure && directory.migrationFile.content.value === failure.script,
    );
    return failure && migration && failedMigrationError(migration.path, failure);
  }
}

/**
 * The engine names an error of this side of the border by a number only.
 *
 * @param {unknown} error
 * @param {import('@prisma/driver-adapter-utils').ErrorRegistry} errorRegistry
 */
function originalError(error, errorRegistry) {
  const [, id] = /External error id#(\d+)/.exec(/** @type {Error} */ (error).message) ?? [];
  return id && errorRegistry.consumeError(Number(id))?.error;
}

/**
 * @param {string} path
 * @returns {Promise<[path: string, content: string]>}
 */
async function readDatamodel(path) {
  return [path, await readFile(path, 'utf8')];
}

/**
 * Comparing two schemas, or a schema with migrations replayed elsewhere, does not touch the database.
 *
 * @param {string} method
 * @param {any} params
 */
function needsDatabase(method, params) {
  const offline = ['empty', 'schemaDatamodel', 'migrations'];
  return !(method === 'diff' && [params.from, params.to].every(({ tag }) => offline.includes(tag)));
}
