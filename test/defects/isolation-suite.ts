import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const TESTS = resolve(import.meta.dirname, '..');

/** What counts as the isolation suite beside `isolation-*.test.ts`: the quick ones first. */
const OTHERS = [
  'server-errors.test.ts',
  'server-transactions.test.ts',
  'known-operations.test.ts',
  'foresight.test.ts',
  'identity-sign-in.test.ts',
  'identity-permissions.test.ts',
  'identity-users.test.ts',
  'work-isolation.test.ts',
  'work-loaders.test.ts',
  'tenancy.test.ts',
  'tenancy-shopper.test.ts',
  'shoppers.test.ts',
  'shopper-fields.test.ts',
  'faults.test.ts',
];

/** All but those that measure: on a busy machine they fail without any defect. */
const UNTIMED = '^(?!.*within \\d+ ms)';

/** The tests that keep organizations apart. */
export async function isolationSuite(): Promise<{ files: string[]; tests: string }> {
  const names = (await readdir(TESTS)).filter((name) => /^isolation-.*\.test\.ts$/.test(name));
  return { files: [...OTHERS, ...names.sort()].map((name) => join('test', name)), tests: UNTIMED };
}
