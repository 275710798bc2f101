import type { App } from '../app.js';
import { Refusal } from './explain-failure.js';

const LISTEN_FAULTS = new Set(['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL']);

/**
 * Begins to serve.
 *
 * @returns the URL, without a path
 * @throws Refusal when the address cannot be had, e.g. because the port is taken
 */
export async function listen({ server }: App): Promise<string> {
  try {
    return await server.listen();
  } catch (error) {
    const { message, cause } = error as Error;
    const { code = '' } = (cause ?? {}) as NodeJS.ErrnoException;
    if (LISTEN_FAULTS.has(code)) throw new Refusal(message, { cause });
    throw error;
  }
}
