import { createDataDirectory, inspectDataDirectory, setAside } from './data-directory.js';
import { EmbeddedPostgresError, USE_OWN_DATABASE } from './embedded-postgres.error.js';
import type { ServerBinaries } from './server-binaries.js';
import type { ServerFiles } from './server-files.js';
import type { ServiceAccount } from './service-account.js';
import { newState, passwordIn, readState, type ServerState, writeState } from './state-file.js';

const INVALID_PASSWORD = '28P01';

/**
 * Sees to it that there is a data directory that this version can run, and the passwords that fit it.
 *
 * @throws {EmbeddedPostgresError} `VERSION_MISMATCH` or `CREDENTIALS_LOST`; existing data stays as it is
 */
export async function prepareData(options: {
  files: ServerFiles;
  binaries: ServerBinaries;
  account: ServiceAccount;
  /** Of the programs, e.g. `18.4`. */
  version: string;
  durable: boolean;
  progress: (message: string) => void;
}): Promise<ServerState> {
  const { files, version, progress } = options;
  const found = await inspectDataDirectory(files.dataDirectory);
  const known = await readState(files.state);
  if (found.state === 'whole') {
    if (found.major !== version.split('.')[0]) throw versionMismatch(files, found.major, version);
    if (known === undefined) throw credentialsLost(files);
    return known;
  }
  if (found.state === 'half-made') {
    const aside = await setAside(files.dataDirectory);
    progress(`The data directory was not whole; it is now ${aside}, and a new one is made.`);
  }
  progress(`Creating a PostgreSQL ${version} data directory in ${files.dataDirectory} …`);
  const state = known ?? newState();
  // Before the data: a crash between the two must not leave data without its passwords.
  await writeState(files.state, state);
  await createDataDirectory({
    ...options,
    dataDirectory: files.dataDirectory,
    superuserPassword: passwordIn(state.superuserUrl),
  });
  return state;
}

/** The error of a connection that the server refused, in our words when its reason is the password. */
export function explainRefusal(files: ServerFiles, error: unknown): unknown {
  const refused = (error as { code?: string }).code === INVALID_PASSWORD;
  return refused ? credentialsLost(files, error) : error;
}

function credentialsLost(files: ServerFiles, cause?: unknown): EmbeddedPostgresError {
  const fault = cause === undefined ? 'is gone, and with it' : 'does not hold';
  return new EmbeddedPostgresError(
    'CREDENTIALS_LOST',
    `There is data in ${files.dataDirectory}, but ${files.state} ${fault} the password. Restore that ` +
      `file, or delete ${files.directory} to begin with an empty database.`,
    { cause },
  );
}

function versionMismatch(
  files: ServerFiles,
  found: string,
  version: string,
): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'VERSION_MISMATCH',
    `The data in ${files.dataDirectory} was made by PostgreSQL ${found}, and the embedded server is ` +
      `version ${version}. Go back to the release that came with PostgreSQL ${found} and dump it, ` +
      `delete ${files.directory} to begin with an empty database, ${USE_OWN_DATABASE}.`,
  );
}
