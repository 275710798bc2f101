import { access, chown, constants, mkdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { EmbeddedPostgresError, USE_OWN_DATABASE } from './embedded-postgres.error.js';

/** Where everything of one embedded server lies; all paths are absolute. */
export interface ServerFiles {
  directory: string;
  dataDirectory: string;
  /** Port and passwords, see `ServerState`. */
  state: string;
  log: string;
  /** Held while a process starts or stops the server. */
  lock: string;
  /** A folder with one file for each process that uses the server. */
  users: string;
}

export function filesIn(directory: string): ServerFiles {
  const absolute = resolve(directory);
  return {
    directory: absolute,
    dataDirectory: join(absolute, 'postgres'),
    state: join(absolute, 'postgres.json'),
    log: join(absolute, 'postgres.log'),
    lock: join(absolute, 'postgres.lock'),
    users: join(absolute, 'postgres.users'),
  };
}

/**
 * Makes the directory when it is missing.
 *
 * @throws {EmbeddedPostgresError} `DIRECTORY_UNREACHABLE` when this user cannot write there
 */
export async function prepareFiles(directory: string): Promise<ServerFiles> {
  const absolute = resolve(directory);
  try {
    await mkdir(absolute, { recursive: true });
    await access(absolute, constants.W_OK | constants.X_OK);
    // The server reports its data directory without symbolic links.
    return filesIn(await realpath(absolute));
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'DIRECTORY_UNREACHABLE',
      `This user cannot write to ${absolute}, where the embedded PostgreSQL keeps its data. If it was ` +
        `first started as another user, e.g. with sudo, start as that user or delete the folder; ` +
        `otherwise give this user the right to write there, ${USE_OWN_DATABASE}.`,
      { cause },
    );
  }
}

/**
 * Hands a new file to the user whose folder it is in, when root made it: a start with sudo must not
 * lock the user of the project out of the next one.
 */
export async function giveToFolderOwner(path: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(dirname(path));
  if (uid !== 0) await chown(path, uid, gid);
}
