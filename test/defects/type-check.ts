import { join } from 'node:path';
import { runNode } from './child-process.js';

const LIMIT_MS = 120_000;

/**
 * What the compiler says about the sources of a copy; nothing when they compile. A defect that does not
 * would never ship, and a test that fails over it proves nothing. What is left over unused may stay.
 */
export async function typeErrors(root: string): Promise<string> {
  const { code, output } = await runNode(
    [
      join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
      ...['-p', 'tsconfig.build.json', '--noEmit'],
      ...['--noUnusedLocals', 'false', '--noUnusedParameters', 'false'],
      ...['--incremental', '--tsBuildInfoFile', '.type-check.tsbuildinfo'],
    ],
    root,
    LIMIT_MS,
  );
  return code === 0 ? '' : output || 'The compiler was killed.';
}
