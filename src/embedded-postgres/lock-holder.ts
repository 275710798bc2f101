import { readFile } from 'node:fs/promises';
import { isProcessAlive, processStart } from './process-identity.js';

/** A process as a lock file names it: its id, and what tells it from a later one with the same id. */
export interface Holder {
  pid: number;
  start: string | undefined;
}

/** This process, as the content of a lock file. */
export async function ownHolder(): Promise<string> {
  return `${process.pid} ${(await processStart(process.pid)) ?? ''}`;
}

/** Who a lock file names; `pid` is 0 in a file that is still, or after a power cut, empty. */
export async function readHolder(path: string): Promise<Holder | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const [pid, start] = text.split(' ');
  return { pid: Number(pid), start: start === '' ? undefined : start };
}

/** Whether that very process lives. An id that was given to a later process starts at another time. */
export async function isHolding({ pid, start }: Holder): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 0 || !(await isProcessAlive(pid))) return false;
  const current = await processStart(pid);
  return start === undefined || current === undefined || current === start;
}
