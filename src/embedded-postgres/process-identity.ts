import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether a process with this id exists, zombies excluded, whoever owns it. */
export async function isProcessAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  // A container whose first process does not reap keeps the orphans it was given as zombies for good.
  return (await linuxStat(pid))?.state !== 'Z';
}

/**
 * What tells a process from a later one with the same id: its start in clock ticks since boot on Linux.
 * Elsewhere undefined, and the id has to do.
 */
export async function processStart(pid: number): Promise<string | undefined> {
  return (await linuxStat(pid))?.start;
}

/** The program that a process was started as, path included where it is known; undefined when hidden. */
export async function programOf(pid: number): Promise<string | undefined> {
  try {
    if (process.platform === 'linux') {
      return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0')[0];
    }
    if (process.platform === 'win32') {
      const filter = ['/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH'];
      const { stdout } = await run('tasklist', filter, { windowsHide: true });
      return /^"([^"]*)"/.exec(stdout.trim())?.[1];
    }
    return (await run('ps', ['-o', 'comm=', '-p', String(pid)])).stdout.trim();
  } catch {
    return undefined;
  }
}

async function linuxStat(pid: number): Promise<{ state: string; start: string } | undefined> {
  if (process.platform !== 'linux') return undefined;
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses and may itself contain spaces and ")".
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', start: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}
