import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MigrationError } from './migration.error.js';

/** Where package.json and prisma.config.ts stand: two levels up from `src/migrations` and from `dist/migrations`. */
export const PROJECT_DIRECTORY = resolve(import.meta.dirname, '..', '..');

const MIGRATIONS_DIRECTORY = join(PROJECT_DIRECTORY, 'prisma', 'migrations');

/** One folder of `prisma/migrations`. */
export interface MigrationFile {
  name: string;
  /** Text of `migration.sql`. */
  script: string;
}

/** @returns every migration on disk, in the order in which they apply */
export async function readMigrationFiles(): Promise<MigrationFile[]> {
  const entries = await readdir(MIGRATIONS_DIRECTORY, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Promise.all(names.sort().map(async (name) => ({ name, script: await readScript(name) })));
}

/** @returns the text that takes a migration back, or undefined when nobody has written one */
export async function readDownScript(name: string): Promise<string | undefined> {
  return readFile(join(MIGRATIONS_DIRECTORY, name, 'down.sql'), 'utf8').catch(() => undefined);
}

/**
 * Whether `checksum`, as Prisma has recorded it, is that of `script`: SHA-256 in hexadecimal, where line
 * endings do not count because a checkout may change them.
 */
export function hasChecksum(script: string, checksum: string): boolean {
  const unix = script.replaceAll('\r\n', '\n');
  return [script, unix, unix.replaceAll('\n', '\r\n')].some(
    (text) => createHash('sha256').update(text).digest('hex') === checksum,
  );
}

async function readScript(name: string): Promise<string> {
  try {
    return await readFile(join(MIGRATIONS_DIRECTORY, name, 'migration.sql'), 'utf8');
  } catch (cause) {
    throw new MigrationError(
      `prisma/migrations/${name} has no migration.sql that can be read. Restore it, or delete the folder.`,
      { cause },
    );
  }
}
