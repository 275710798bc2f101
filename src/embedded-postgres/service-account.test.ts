import { chmod, copyFile, cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findServerBinaries } from './server-binaries.js';
import { chooseServiceAccount } from './service-account.js';

const onLinux = process.platform === 'linux' ? it : it.skip;
const asRoot = process.platform === 'linux' && process.getuid?.() === 0 ? it : it.skip;

describe('chooseServiceAccount', () => {
  const { postgres } = findServerBinaries();
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rowhouse-account-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('reports the version of the server', async () => {
    const { version } = await chooseServiceAccount(postgres, directory, join(directory, 'none'));
    expect(version).toMatch(/^18\./);
  });

  asRoot('gives an unprivileged user the one capability to pass a closed folder', async () => {
    await chmod(directory, 0o700);
    const { account } = await chooseServiceAccount(postgres, directory, join(directory, 'none'));
    expect(account.owner?.uid).toBeGreaterThan(0);
    expect(account.capabilities).toHaveLength(1);
  });

  asRoot('gives no capability where the folder is open', async () => {
    await chmod(directory, 0o755);
    // This clone itself may lie where only root can enter.
    const native = join(directory, 'open');
    await cp(dirname(dirname(postgres)), native, { recursive: true, verbatimSymlinks: true });
    const open = join(native, 'bin', basename(postgres));
    const { account } = await chooseServiceAccount(open, directory, join(directory, 'none'));
    expect(account.capabilities).toEqual([]);
  });

  asRoot('keeps the user that the data belongs to', async () => {
    const data = join(directory, 'data');
    await mkdir(data);
    const { chown } = await import('node:fs/promises');
    await chown(data, 12_345, 12_345);
    const { account } = await chooseServiceAccount(postgres, directory, data);
    expect(account.owner).toMatchObject({ uid: 12_345, gid: 12_345 });
  });

  onLinux('explains libraries that the install script has not linked', async () => {
    const bin = join(directory, 'native', 'bin');
    await mkdir(bin, { recursive: true });
    const alone = join(bin, basename(postgres));
    await copyFile(postgres, alone);
    await expect(chooseServiceAccount(alone, directory, join(directory, 'none'))).rejects.toThrow(
      /allowScripts.*npm rebuild.*DATABASE_URL/s,
    );
  });

  onLinux('explains a program that does not run here at all', async () => {
    await expect(
      chooseServiceAccount('/nonexistent/postgres', directory, join(directory, 'none')),
    ).rejects.toThrow(/set DATABASE_URL to a PostgreSQL of your own/);
  });
});
