import { rm } from 'node:fs/promises';
import globalTeardown from '../support/global-teardown.js';
import { reportOutcomes } from './outcomes.js';
import { runFolder } from './run-folder.js';

/** Says what was killed and what survived, and leaves nothing behind. */
export default async function defectsTeardown(): Promise<void> {
  try {
    await reportOutcomes();
  } finally {
    await rm(runFolder(), { recursive: true, force: true });
    await globalTeardown();
  }
}
