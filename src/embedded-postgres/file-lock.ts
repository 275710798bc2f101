import { randomBytes } from 'node:crypto';
import { link, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';
import { type Holder, isHolding, ownHolder, readHolder } from './lock-holder.js';

const WAIT_MS = 120_000;
const POLL_MS = 20;

/**
 * Runs `work` while no other process runs its own under the same file. A holder that died is passed over.
 *
 * @param onWait told the process that is waited for, once
 * @throws {EmbeddedPostgresError} `BUSY` after two minutes
 */
export async function withFileLock<T>(
  path: string,
  work: () => Promise<T>,
  onWait: (pid: number) => void = () => undefined,
): Promise<T> {
  const own = await writeHolder(path);
  try {
    await acquire(path, own, onWait);
    try {
      return await work();
    } finally {
      await rm(path, { force: true });
    }
  } finally {
    await rm(own, { force: true });
  }
}

async function acquire(path: string, own: string, onWait: (pid: number) => void): Promise<void> {
  const deadline = Date.now() + WAIT_MS;
  for (let told = false; ; ) {
    try {
      // A link appears with its content, where an opened file would be empty for a moment.
      await link(own, path);
      return await removeDead(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await readHolder(path);
    if (holder !== undefined && !(await isHolding(holder))) {
      await discard(path, holder);
      continue;
    }
    if (Date.now() > deadline) throw busy(path, holder);
    if (!told && holder !== undefined) {
      told = true;
      onWait(holder.pid);
    }
    await sleep(POLL_MS);
  }
}

/** What processes that were killed while they waited left beside the lock. */
async function removeDead(path: string): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${basename(path)}.`)) continue;
    const holder = await readHolder(join(folder, name));
    // Without an id: somebody has just made the file and not written into it yet.
    if (!holder?.pid || (await isHolding(holder))) continue;
    await rm(join(folder, name), { force: true });
  }
}

function busy(path: string, holder: Holder | undefined): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'BUSY',
    `${holder === undefined ? 'Another process' : `Process ${holder.pid}`} has been starting or ` +
      `stopping the embedded PostgreSQL for two minutes. End it and start again; ${path} is its lock.`,
  );
}

/** Moves a dead holder's lock away; whoever moves a live one by mistake of timing puts it back. */
async function discard(path: string, dead: Holder): Promise<void> {
  const aside = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const moved = await readHolder(aside);
  if (moved !== undefined && (moved.pid !== dead.pid || moved.start !== dead.start)) {
    await link(aside, path).catch(() => undefined);
  }
  await rm(aside, { force: true });
}

async function writeHolder(path: string): Promise<string> {
  const own = `${path}.${randomBytes(4).toString('hex')}`;
  await writeFile(own, await ownHolder());
  return own;
}
