import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const SECRET_BYTES = 48;
/** Shorter ones are refused where they are set by hand, too. */
const LEAST_LENGTH = 32;

/**
 * The secret whose key signs access tokens in development: made once and kept, so that tokens outlive a
 * restart. Only its user can read the file.
 *
 * @param directory made when it is missing
 */
export async function keptTokenSecret(directory: string): Promise<string> {
  const file = join(directory, 'jwt-secret');
  const kept = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (kept.length >= LEAST_LENGTH) return kept;
  await mkdir(directory, { recursive: true });
  if (kept !== '') await rm(file, { force: true });
  // A name of this call alone: two servers of one process may start at the same time.
  const own = `${file}.${randomUUID()}`;
  await writeFile(own, `${randomBytes(SECRET_BYTES).toString('base64url')}\n`, { mode: 0o600 });
  try {
    // Appears as a whole; when another call was faster, its secret is the one.
    await link(own, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    return (await readFile(file, 'utf8')).trim();
  } finally {
    await rm(own, { force: true });
  }
}
