import { type Command, InvalidArgumentError } from 'commander';
import { count, print } from '../../start/index.js';
import { confirm } from '../confirm.js';
import { withOperatorAccess } from './operator-access.js';

interface SuspendOptions {
  reason: string;
  yes?: boolean;
}

const LONGEST_REASON = 500;

export function addSuspend(organizations: Command): void {
  organizations
    .command('suspend')
    .description('sign everybody of an organization out at once, and let nobody in')
    .argument('<slug>', 'which organization')
    .requiredOption(
      '--reason <text>',
      'why, for its audit trail: its administrators read it once they are let in again',
      parseReason,
    )
    .option('-y, --yes', 'do not ask')
    .action((slug: string, { reason, ...options }: SuspendOptions) =>
      withOperatorAccess(async ({ administration, database, find }) => {
        const orgId = await find(slug);
        await confirm(
          `Suspend ${slug} in ${database}? Everybody of it is signed out at once, and nobody gets in until it is resumed.`,
          options,
        );
        const ended = await administration.suspend(orgId, reason);
        print(
          ended === null
            ? `Nothing to do: ${slug} is suspended already.`
            : `Suspended ${slug}; ${count(ended, 'session')} ended. To let people in again: npm run organizations -- resume ${slug}`,
        );
      }),
    );
}

function parseReason(text: string): string {
  const reason = text.trim();
  if (reason !== '' && reason.length <= LONGEST_REASON) return reason;
  throw new InvalidArgumentError(`It takes 1 to ${LONGEST_REASON} characters.`);
}
