import { type MigrationStatus, migrationStatus } from '../../../migrations/index.js';
import { explainDatabaseFault } from '../../../start/index.js';
import {
  type AuditClient,
  readSealState,
  type SealKey,
  withAdminConnection,
} from '../../../tenancy/index.js';
import type { Seen } from '../report.model.js';

/** What the role that serves requests must not be able to read. */
export interface OperatorView {
  migrations: Seen<MigrationStatus[]>;
  sealKeys: Seen<SealKey[]>;
}

const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Reads the history of migrations and the ids of the seal's keys as the role that migrates, which is
 * the serving one where no other was given. What cannot be read is said to be unseen, and why.
 *
 * @param url of the role that migrates
 * @param database the audited one, as `identityOf` tells it: the URL may lead elsewhere
 */
export async function readOperatorView(url: string, database: string): Promise<OperatorView> {
  const role = decodeURIComponent(new URL(url).username);
  const seen = async <T>(work: () => Promise<T>): Promise<Seen<T>> => {
    try {
      return { by: role, value: await work() };
    } catch (error) {
      return { unseen: reason(error, url, role) };
    }
  };
  const same = await seen(() => withAdminConnection(url, identityOf));
  if ('unseen' in same) return { migrations: same, sealKeys: same };
  if (same.value !== database) {
    const elsewhere = { unseen: 'MIGRATION_DATABASE_URL leads to another database' };
    return { migrations: elsewhere, sealKeys: elsewhere };
  }
  return {
    migrations: await seen(() => migrationStatus(url)),
    sealKeys: await seen(
      async () => (await withAdminConnection(url, (client) => readSealState(client))).keys,
    ),
  };
}

/** Tells one database from another, whatever the names are by which it is reached. */
export async function identityOf(client: AuditClient): Promise<string> {
  const { rows } = await client.query(
    `SELECT concat_ws(' ', oid, datname, extract(epoch FROM pg_postmaster_start_time())) AS identity
       FROM pg_catalog.pg_database WHERE datname = current_database()`,
  );
  return (rows as { identity: string }[])[0]?.identity ?? '';
}

/** Without a full stop: it becomes part of a sentence. */
function reason(error: unknown, url: string, role: string): string {
  if ((error as { code?: string }).code === INSUFFICIENT_PRIVILEGE)
    return `${role} may not read it`;
  const explained = explainDatabaseFault(error, url);
  const message = explained instanceof Error ? explained.message : String(explained);
  return message.replace(/\.$/, '');
}
