import { open } from 'node:fs/promises';
import { giveToFolderOwner } from './server-files.js';

const LIMIT_BYTES = 4 * 1024 * 1024;
const EXCERPT_BYTES = 16 * 1024;

/** Makes the log when it is missing, empties it when it has grown large. @returns its size in bytes */
export async function prepareLog(logFile: string): Promise<number> {
  const file = await open(logFile, 'a', 0o600);
  try {
    await giveToFolderOwner(logFile);
    const { size } = await file.stat();
    if (size <= LIMIT_BYTES) return size;
    await file.truncate();
    return 0;
  } finally {
    await file.close();
  }
}

/** What was written after that many bytes, the last of it when it is much. */
export async function readLog(logFile: string, from: number): Promise<string> {
  const file = await open(logFile).catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(Math.max(size - from, 0), EXCERPT_BYTES));
    await file.read(buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString().trim();
  } finally {
    await file.close();
  }
}
