import { Client } from 'pg';

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Runs `work` on one connection of its own and always closes it. For administration only: migrations,
 * roles, creating and dropping databases. It carries no organization, so no request may ever use it.
 *
 * @param url connection string; its role decides what `work` may do
 * @throws whatever `work` throws, or the driver's error when no connection is made within 5 seconds
 */
export async function withAdminConnection<T>(
  url: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'rowhouse-admin',
  });
  // A connection lost between two statements is emitted, not thrown: without a listener it ends the
  // process. The next statement of `work` fails by itself, and that is the error worth reporting.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
