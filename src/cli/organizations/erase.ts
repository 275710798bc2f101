import type { Command } from 'commander';
import { type Erasure, ErasureIncompleteError, isDeletionDue } from '../../identity/index.js';
import { encodeId } from '../../shared/ids.js';
import { count, print, Refusal, table } from '../../start/index.js';
import type { TableCount } from '../../tenancy/index.js';
import { confirm } from '../confirm.js';
import {
  minute,
  type OperatorAccess,
  withEveryOrganization,
  withOperatorAccess,
} from './operator-access.js';

interface EraseOptions {
  due?: boolean;
  now?: boolean;
  yes?: boolean;
}

interface Chosen {
  slug: string;
  /** UUID. */
  orgId: string;
}

const DESCRIPTION =
  'delete an organization whose deletion is due with all that it has, and show that nothing is left';

/** Said with each erasure, so that nobody takes it for more than it is. */
const UNSEEN =
  "Not looked at: dumps and archives of the write-ahead log, PostgreSQL's statistics and dead rows until the next " +
  'VACUUM (ANALYZE), logs, mail that was sent, and tables of your own without a tenant column.';

export function addErase(organizations: Command): void {
  const erase = organizations
    .command('erase')
    .description(DESCRIPTION)
    .argument('[slug]', 'which organization')
    .option('--due', 'every organization whose deletion is due')
    .option('--now', 'the named one although its deletion is not due, or nobody has asked for it')
    .option('-y, --yes', 'do not ask');
  erase.action((slug: string | undefined, options: EraseOptions) => {
    if ((slug === undefined) !== Boolean(options.due) || (options.due && options.now)) {
      erase.error('error: name one organization, or say --due', { exitCode: 2 });
    }
    return slug === undefined ? eraseDue(options) : eraseOne(slug, options);
  });
}

async function eraseOne(slug: string, options: EraseOptions): Promise<void> {
  await withOperatorAccess(async (access) => {
    const { administration, database, find } = access;
    const orgId = await find(slug);
    if (!options.now) await requireDue(access, { slug, orgId });
    print(`${slug} has, in ${database}:\n\n${rowTable(await administration.countRows(orgId))}\n`);
    await confirm(`Erase ${slug} and all of this for good?`, options);
    await eraseAll(access, [{ slug, orgId }], Boolean(options.now));
  });
}

async function eraseDue(options: EraseOptions): Promise<void> {
  const due = await withEveryOrganization((all) =>
    all
      .filter((each) => isDeletionDue(each, new Date()))
      .map(({ slug, id: orgId }) => ({ slug, orgId })),
  );
  if (due.length === 0) {
    print('Nothing to do: no deletion of an organization is due.');
    return;
  }
  await withOperatorAccess(async (access) => {
    const names = due.map(({ slug }) => slug).join(', ');
    await confirm(
      `Erase ${count(due.length, 'organization')} for good in ${access.database}: ${names}?`,
      options,
    );
    await eraseAll(access, due, false);
  });
}

/** @throws Refusal */
async function requireDue({ administration }: OperatorAccess, { slug, orgId }: Chosen) {
  const deletionDueAt = await administration.deletionDueAt(orgId);
  if (isDeletionDue({ deletionDueAt }, new Date())) return;
  const state = deletionDueAt
    ? `can still be kept by its owners, until ${minute(deletionDueAt)}`
    : 'is not to be deleted: none of its owners has asked for that';
  throw new Refusal(`${slug} ${state}. Add --now if it is really meant.`);
}

/** One after the other; one that keeps rows does not keep the others from going. @throws Refusal */
async function eraseAll(
  { administration, database }: OperatorAccess,
  chosen: Chosen[],
  evenBeforeDue: boolean,
): Promise<void> {
  const faults: string[] = [];
  for (const { slug, orgId } of chosen) {
    try {
      const erasure = await administration.erase(orgId, { evenBeforeDue });
      if (erasure) print(`${describe(slug, orgId, database, erasure)}\n`);
      else
        print(
          `${slug} stays: its deletion was cancelled at this moment, or somebody was faster.\n`,
        );
    } catch (error) {
      if (!(error instanceof ErasureIncompleteError)) throw error;
      faults.push(incomplete(slug, error));
    }
  }
  if (faults.length > 0) throw new Refusal(faults.join('\n\n'));
  print(UNSEEN);
}

function describe(slug: string, orgId: string, database: string, { before, after }: Erasure) {
  const rows = before.map(({ table: name, rows }) => {
    const left = after.find(({ table: other }) => other === name);
    return [`  ${name}`, String(rows), String(left?.rows ?? 0)];
  });
  return [
    `Erased ${slug} (${encodeId('org', orgId)}) from ${database} at ${new Date().toISOString()}.\n`,
    table([['  TABLE', 'WAS', 'IS'], ...rows]),
    `\nLooked again after the commit, in all ${count(after.length, 'table')} that the catalog has for organizations: nothing is left of it.`,
  ].join('\n');
}

function rowTable(counts: readonly TableCount[]): string {
  return table(counts.map(({ table: name, rows }) => [`  ${name}`, String(rows)]));
}

function incomplete(slug: string, { left, isUndone }: ErasureIncompleteError): string {
  const state = isUndone
    ? `${slug} was NOT erased, and has all that it had: these tables would keep rows of it`
    : `${slug} was erased, but NOT ALL OF IT: these tables have rows of it`;
  return `${state}.\n\n${rowTable(left)}\n\nEvery table needs a foreign key to organizations with ON DELETE CASCADE.`;
}
