import type { Command } from 'commander';
import { print } from '../../start/index.js';
import { withOperatorAccess } from './operator-access.js';

export function addLiftSecret(organizations: Command): void {
  organizations
    .command('lift-secret')
    .description('require no tenant secret any more, for when an organization has lost its own')
    .argument('<slug>', 'which organization')
    .action((slug: string) =>
      withOperatorAccess(async ({ administration, find }) => {
        const isLifted = await administration.liftTenantSecret(await find(slug));
        print(
          isLifted
            ? `${slug} requires no tenant secret any more: people sign in, or refresh, and go on.`
            : `Nothing to do: ${slug} requires no tenant secret.`,
        );
      }),
    );
}
