import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withFileLock } from './file-lock.js';
import { processStart } from './process-identity.js';

describe('withFileLock', () => {
  let directory: string;
  let path: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rowhouse-lock-'));
    path = join(directory, 'lock');
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('runs one at a time, whoever comes', async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await sleep(5);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, () => withFileLock(path, work)));
    expect(most).toBe(1);
    expect(await readdir(directory)).toEqual([]);
  });

  it('tells which process it waits for', async () => {
    const waitedFor: number[] = [];
    await Promise.all([
      withFileLock(path, () => sleep(50)),
      sleep(10).then(() =>
        withFileLock(
          path,
          async () => undefined,
          (pid) => waitedFor.push(pid),
        ),
      ),
    ]);
    expect(waitedFor).toEqual([process.pid]);
  });

  it('passes over a holder that died', async () => {
    await writeFile(path, '999999999 1');
    expect(await withFileLock(path, async () => 'done')).toBe('done');
  });

  it('passes over a holder whose id was given to a later process', async () => {
    const start = await processStart(process.ppid);
    if (start === undefined) return;
    await writeFile(path, `${process.ppid} ${Number(start) - 1}`);
    expect(await withFileLock(path, async () => 'done')).toBe('done');
  });

  it('leaves a file alone whose process has not written its id yet', async () => {
    const unwritten = `${path}.0e7c3723`;
    await writeFile(unwritten, '');
    await withFileLock(path, async () => undefined);
    expect(await readdir(directory)).toEqual([basename(unwritten)]);
    await rm(unwritten);
  });

  it('passes over a lock that a power cut left empty', async () => {
    await writeFile(path, '');
    expect(await withFileLock(path, async () => 'done')).toBe('done');
  });

  it('is free again after a failure', async () => {
    const failing = withFileLock(path, async () => {
      throw new Error('failed');
    });
    await expect(failing).rejects.toThrow('failed');
    expect(await readdir(directory)).toEqual([]);
  });
});
