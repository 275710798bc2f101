import { randomBytes } from 'node:crypto';
import { access, chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';
import type { ServerBinaries } from './server-binaries.js';
import { runAs, type ServiceAccount } from './service-account.js';

export const SUPERUSER = 'postgres';

/**
 * What stands in a data directory: a whole one and its major version, a half-made one, or nothing.
 *
 * @throws {EmbeddedPostgresError} `DIRECTORY_UNREACHABLE` when it belongs to another user
 */
export async function inspectDataDirectory(
  dataDirectory: string,
): Promise<{ state: 'whole'; major: string } | { state: 'half-made' | 'absent' }> {
  try {
    const names = await readdir(dataDirectory);
    if (names.length === 0) return { state: 'absent' };
    const major = (await readFile(join(dataDirectory, 'PG_VERSION'), 'utf8')).trim();
    await access(join(dataDirectory, 'global', 'pg_control'));
    return { state: 'whole', major };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return { state: await stateWithoutFiles(dataDirectory) };
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    throw new EmbeddedPostgresError(
      'DIRECTORY_UNREACHABLE',
      `${dataDirectory} belongs to another user: the server was first started as root or as somebody ` +
        `else. Start as that user again, or delete ${dirname(dataDirectory)} to begin with an empty database.`,
      { cause: error },
    );
  }
}

async function stateWithoutFiles(dataDirectory: string): Promise<'half-made' | 'absent'> {
  const exists = await access(dataDirectory).then(
    () => true,
    () => false,
  );
  return exists ? 'half-made' : 'absent';
}

/**
 * Makes a data directory beside its final place and moves it there when it is whole, so that an
 * interruption at any moment leaves either nothing or a good one.
 *
 * @param durable waits until the files have reached the disk
 * @throws {EmbeddedPostgresError} `START_FAILED` with what `initdb` said
 */
export async function createDataDirectory(options: {
  dataDirectory: string;
  binaries: ServerBinaries;
  account: ServiceAccount;
  superuserPassword: string;
  durable: boolean;
}): Promise<void> {
  const { dataDirectory, account } = options;
  await removeLeftovers(dataDirectory);
  const staging = `${dataDirectory}.init-${randomBytes(4).toString('hex')}`;
  const staged = join(staging, 'data');
  const passwordFile = join(staging, 'password');
  try {
    await mkdir(staging, { mode: 0o700 });
    await writeFile(passwordFile, `${options.superuserPassword}\n`, { mode: 0o600 });
    if (account.owner !== undefined) {
      await chown(passwordFile, account.owner.uid, account.owner.gid);
      await chown(staging, account.owner.uid, account.owner.gid);
    }
    const { code, output } = await runAs(account, options.binaries.initdb, [
      `--pgdata=${staged}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // The same collation on every machine: the server's own, not the operating system's.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--data-checksums',
      '--no-instructions',
      ...(options.durable ? [] : ['--no-sync']),
    ]);
    if (code !== 0) {
      throw new EmbeddedPostgresError(
        'START_FAILED',
        `The embedded PostgreSQL could not create its data directory ${dataDirectory}.\n${output.trim()}`,
      );
    }
    await rename(staged, dataDirectory);
  } finally {
    await removeFolder(staging);
  }
}

/** Puts a half-made directory out of the way without deleting anything, and says where it is now. */
export async function setAside(dataDirectory: string): Promise<string> {
  const aside = `${dataDirectory}.broken-${Date.now()}`;
  await rename(dataDirectory, aside);
  return aside;
}

async function removeLeftovers(dataDirectory: string): Promise<void> {
  const parent = dirname(dataDirectory);
  const prefix = `${basename(dataDirectory)}.init-`;
  for (const name of await readdir(parent)) {
    if (name.startsWith(prefix)) await removeFolder(join(parent, name));
  }
}

/** Tries again for a while: the `initdb` of a process that was killed may still be writing there. */
function removeFolder(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 20 });
}
