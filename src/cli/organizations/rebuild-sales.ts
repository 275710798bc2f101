import { type Command, InvalidArgumentError } from 'commander';
import { timeZoneFault } from '../../identity/index.js';
import { print } from '../../start/index.js';
import { withOperatorAccess } from './operator-access.js';

const DESCRIPTION =
  'sum up all that an organization has sold anew, from its orders. Whoever pays one of them meanwhile waits';

export function addRebuildSales(organizations: Command): void {
  organizations
    .command('rebuild-sales')
    .description(DESCRIPTION)
    .argument('<slug>', 'which organization')
    .option(
      '--time-zone <name>',
      'by the days of this time zone, which is that of the organization from then on',
      parseTimeZone,
    )
    .action((slug: string, { timeZone }: { timeZone?: string }) =>
      withOperatorAccess(async ({ administration, find }) => {
        await administration.rebuildDays(await find(slug), timeZone);
        const by = timeZone === undefined ? '' : ` by the days of ${timeZone}`;
        print(`Summed up the sales of ${slug} anew${by}.`);
      }),
    );
}

function parseTimeZone(name: string): string {
  const fault = timeZoneFault(name);
  if (fault === null) return name;
  throw new InvalidArgumentError(fault);
}
