import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { EngineSession } from './engine-session.mjs';
import { MigrationConnection } from './migration-connection.mjs';
import { lastPanic } from './wasm-engine.mjs';

/** The native engine's "see the data field" code; the CLI reads only `data`. */
const ERROR_CODE = 4466;
const GRACE_MILLISECONDS = 4000;

/**
 * Answers JSON-RPC 2.0 requests, one per line on stdin, one after the other on stdout, until the CLI
 * closes stdin or a signal arrives.
 *
 * @param {{ datamodels: string[], urls: import('./postgres-adapter.mjs').DatasourceUrls }} options
 */
export async function serveJsonRpc(options) {
  const session = new EngineSession(options, print);
  const input = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  /** @type {Set<number>} */
  const unanswered = new Set();
  let work = Promise.resolve();

  input.on('line', (line) => {
    const { id, method, params } = JSON.parse(line);
    if (!method) return; // the CLI's acknowledgement of a `print`
    unanswered.add(id);
    work = work.then(async () => {
      const response = await answer(session, method, params);
      if (unanswered.delete(id)) send({ jsonrpc: '2.0', id, ...response });
    });
  });
  // The CLI exits with code 0 when its engine dies, so a bug here must not look like success.
  process.on('uncaughtException', (error) => {
    for (const id of unanswered) send({ jsonrpc: '2.0', id, error: rpcError(error) });
    unanswered.clear();
  });
  // Ctrl-C may end the CLI, and with it the reader of stdout, before this process.
  process.stdout.on('error', () => {});

  await new Promise((resolve) => {
    input.once('close', resolve);
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  const finish = async () => {
    // Without this the server would finish, and commit, a migration whose caller has gone.
    if (unanswered.size > 0) await MigrationConnection.cancelRunningStatements().catch(() => {});
    await work;
    await session.close();
  };
  await Promise.race([finish(), delay(GRACE_MILLISECONDS)]);
  process.exit();
}

/**
 * @param {EngineSession} session
 * @param {string} method
 * @param {any} params
 */
async function answer(session, method, params) {
  try {
    return { result: (await session.call(method, params)) ?? null };
  } catch (cause) {
    return { error: rpcError(cause) };
  }
}

/** @param {unknown} cause */
function rpcError(cause) {
  const error = /** @type {Error & { code?: string, meta?: unknown }} */ (cause);
  const panicked = error instanceof WebAssembly.RuntimeError;
  return {
    code: ERROR_CODE,
    message: 'An error happened. Check the data field for details.',
    data: {
      is_panic: false, // true would make the CLI offer to report the crash to Prisma
      message: panicked ? `The schema engine panicked: ${lastPanic()}` : error.message,
      meta: error.meta ?? null,
      ...(error.code && { error_code: error.code }),
    },
  };
}

let nextPrintId = 0;

/**
 * Has the CLI write a text to its stdout.
 *
 * @param {string} text
 */
function print(text) {
  const content = text.replace(/\n$/, ''); // the CLI adds one
  send({ jsonrpc: '2.0', id: nextPrintId++, method: 'print', params: { content } });
}

/** @param {object} message */
function send(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
