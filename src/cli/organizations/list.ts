import type { Command } from 'commander';
import { isDeletionDue } from '../../identity/index.js';
import { encodeId } from '../../shared/ids.js';
import { count, print, table } from '../../start/index.js';
import type { OrganizationEntry } from '../../tenancy/index.js';
import { minute, withEveryOrganization } from './operator-access.js';

export function addList(organizations: Command): void {
  organizations
    .command('list')
    .description('show every organization, and whether it is suspended or on its way out')
    .action(() => withEveryOrganization((all, database) => print(describe(all, database))));
}

function describe(all: OrganizationEntry[], database: string): string {
  if (all.length === 0) return `There is no organization in ${database}.`;
  const now = new Date();
  const rows = all.map((each) => [
    `  ${each.slug}`,
    encodeId('org', each.id),
    stateOf(each, now).join(', '),
  ]);
  const suspended = all.filter(({ suspendedAt }) => suspendedAt !== null).length;
  const due = all.filter((each) => isDeletionDue(each, now)).length;
  return [
    `Organizations of ${database}:\n`,
    table([['  SLUG', 'ID', 'STATE'], ...rows]),
    `\n${count(all.length, 'organization')}, ${suspended} suspended, ${due} to be erased.`,
  ].join('\n');
}

function stateOf(each: OrganizationEntry, now: Date): string[] {
  const { suspendedAt, deletionDueAt } = each;
  const state: string[] = [];
  if (suspendedAt) state.push(`suspended since ${minute(suspendedAt)}`);
  if (deletionDueAt) {
    const moment = minute(deletionDueAt);
    state.push(isDeletionDue(each, now) ? `to be erased since ${moment}` : `goes at ${moment}`);
  }
  return state.length === 0 ? ['active'] : state;
}
