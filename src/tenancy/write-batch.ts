import type { Writable } from 'node:stream';
import type pg from 'pg';

/**
 * Holds back what is sent on a connection until the work that is under way pauses, so that BEGIN, the
 * context and the first statement, or the statements of two loaders, leave in one packet and one system
 * call. May be called again meanwhile.
 *
 * @param beforeSending sends what is to be last, when nothing else will come
 *
 * `process.nextTick` runs when all promises that can go on have gone on, and before any input or output.
 */
export function sendTogether(client: pg.ClientBase, beforeSending?: () => void): void {
  const stream = streamOf(client);
  stream.cork();
  process.nextTick(() => {
    beforeSending?.();
    stream.uncork();
  });
}

/** The driver corks it as well, for the messages of one statement; its types leave it out. */
function streamOf(client: pg.ClientBase): Writable {
  return (client as unknown as { connection: { stream: Writable } }).connection.stream;
}
