import type { Command } from 'commander';
import { print } from '../../start/index.js';
import { withOperatorAccess } from './operator-access.js';

export function addResume(organizations: Command): void {
  organizations
    .command('resume')
    .description('let people of a suspended organization sign in again')
    .argument('<slug>', 'which organization')
    .action((slug: string) =>
      withOperatorAccess(async ({ administration, find }) => {
        const isResumed = await administration.resume(await find(slug));
        print(
          isResumed
            ? `Resumed ${slug}: people sign in again.`
            : `Nothing to do: ${slug} is not suspended.`,
        );
      }),
    );
}
