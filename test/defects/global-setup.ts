import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The server that all tests share, and a folder for the copies of this run.
 *
 * The folder is named like the servers' own: whatever a killed run has left is removed by the next one.
 */
export default async function defectsSetup(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), `rowhouse-test-${process.pid}-`));
  process.env.ROWHOUSE_DEFECTS_FOLDER = folder;
  process.once('exit', () => remove(folder));
  // By its path: only the shared setup makes Node find TypeScript behind './x.js'.
  const shared = join(import.meta.dirname, '..', 'support', 'global-setup.ts');
  const { default: setup } = (await import(shared)) as { default: () => Promise<void> };
  await setup();
}

/** Also after Ctrl-C, which ends the process before any teardown. */
function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  } catch {
    // A child has written meanwhile; an exit that throws would not end the process.
  }
}
