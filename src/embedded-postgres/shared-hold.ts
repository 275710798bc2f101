import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isHolding, ownHolder, readHolder } from './lock-holder.js';
import { giveToFolderOwner } from './server-files.js';

/**
 * Records this process as a user of what `directory` stands for, until it is released or dies.
 *
 * @returns releases, and answers which other processes still hold
 */
export async function holdShared(directory: string): Promise<() => Promise<number[]>> {
  await mkdir(directory, { recursive: true });
  await giveToFolderOwner(directory);
  const own = join(directory, `${process.pid}-${randomBytes(4).toString('hex')}`);
  await writeFile(own, await ownHolder());
  return async () => {
    await rm(own, { force: true });
    return sharedHolders(directory);
  };
}

/** The processes that hold `directory`; entries of dead ones are removed. */
async function sharedHolders(directory: string): Promise<number[]> {
  const pids: number[] = [];
  for (const name of await readdir(directory).catch(() => [])) {
    const path = join(directory, name);
    const holder = await readHolder(path);
    if (holder !== undefined && (await isHolding(holder))) pids.push(holder.pid);
    else await rm(path, { force: true });
  }
  return pids;
}
