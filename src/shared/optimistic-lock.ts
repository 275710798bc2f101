import { backoff } from './backoff.js';
import { notFound, versionConflict } from './errors.js';

interface Versioned {
  version: number;
  deletedAt: Date | null;
}

/**
 * What to tell somebody whose update met no row: that the row is gone, or that it has moved on.
 *
 * @param id as the caller gave it
 * @param wantsDeleted whether the update was for a deleted row (a restore)
 * @param present the row as a client may see it, for `extensions.current`
 */
export function staleOrMissing<Row extends Versioned>(
  id: string,
  current: Row | null,
  wantsDeleted: boolean,
  present: (row: Row) => object,
) {
  if (!current || (current.deletedAt !== null) !== wantsDeleted) return notFound(id);
  return versionConflict(current.version, present(current));
}

const ATTEMPTS = 6;
const FIRST_WAIT_MS = 5;

/**
 * For a change that states an intent and so does not depend on what was read: reads the row as it is
 * now, and writes over just that version; when somebody was faster, again, up to 5 more times.
 *
 * @param attempt resolves to the written row, or null when the version had moved on. The last one had
 *   better lock the row as it reads it: in a crowd, backoff alone leaves somebody behind
 * @returns null when every attempt was overtaken
 */
export async function retryConflicts<Row>(
  attempt: (last: boolean) => Promise<Row | null>,
): Promise<Row | null> {
  for (let tried = 1; ; tried++) {
    const last = tried === ATTEMPTS;
    const row = await attempt(last);
    if (row !== null || last) return row;
    await backoff(tried - 1, FIRST_WAIT_MS);
  }
}
