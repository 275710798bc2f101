import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const TESTS = resolve(import.meta.dirname, '..');

/** What counts as the isolation suite beside `isolation-*.test.ts`: the quick ones first. */
const OTHERS = [
  'server-errors.test.ts',
  'server-transactions.test.ts',
  'identity-sign-in.test.ts',
  'identity-permissions.test.ts',
  'identity-users.test.ts',
  'work-isolation.test.ts',
  'work-loaders.test.ts',
  'tenancy.test.ts',
  'faults.test.ts',
];

/** The test files that keep organizations apart, from the root of the repository. */
export async function isolationSuite(): Promise<string[]> {
  const names = (await readdir(TESTS)).filter((name) => /^isolation-.*\.test\.ts$/.test(name));
  return [...OTHERS, ...names.sort()].map((name) => join('test', name));
}
