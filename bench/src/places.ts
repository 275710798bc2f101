import { type Asker, mapAtOnce } from './ask.ts';
import type { Caller, List, TaskPage } from './calls.ts';
import { BUSY_PROJECTS, type Data, type Organization } from './data.ts';
import { Random } from './random.ts';

/**
 * Where in lists one server's pages begin, by its own cursors. The same index means the same page for every
 * server.
 */
export interface Places {
  /** Pages 2 to 5 of single projects. */
  readonly pages: readonly List[];
  /** Page 500 of whole organizations. */
  readonly deepPages: readonly List[];
}

export const PAGE_SIZE = 20;
const LAST_PAGE = 5;
const DEEP_PAGE = 500;
/** Rows before page 500 are walked over in steps of this size, the largest page that all servers give. */
const STEP = 100;
/** Lists that are walked; among them calls are chosen at random. */
const LISTS = 100;

export async function findPlaces(asker: Asker, data: Data): Promise<Places> {
  const random = new Random(1);
  const lists = Array.from({ length: LISTS }, () => {
    const organization = random.oneOf(data.organizations);
    const projectId = random.oneOf(organization.projectIds.slice(0, BUSY_PROJECTS));
    return { caller: callerOf(organization, random), projectId };
  });
  const owners = data.largeOrganizations.map((organization) => callerOf(organization, random));
  return {
    pages: (await mapAtOnce(lists, (list) => walkPages(asker, list))).flat(),
    deepPages: await mapAtOnce(owners, (caller) => walkToDeepPage(asker, caller)),
  };
}

/** A user of the organization. */
export function callerOf({ id, userIds }: Organization, random: Random): Caller {
  return { orgId: id, userId: random.oneOf(userIds) };
}

async function walkPages(asker: Asker, list: Pick<List, 'caller' | 'projectId'>): Promise<List[]> {
  const pages: List[] = [];
  let page: List = { ...list, kind: 'list', first: PAGE_SIZE, after: null };
  while (pages.length < LAST_PAGE - 1) {
    const { hasNextPage, endCursor } = await asker.ask(page);
    if (!hasNextPage) break;
    page = { ...page, after: endCursor };
    pages.push(page);
  }
  return pages;
}

async function walkToDeepPage(asker: Asker, caller: Caller): Promise<List> {
  let ahead = (DEEP_PAGE - 1) * PAGE_SIZE;
  let after: string | null = null;
  while (ahead > 0) {
    const first = Math.min(STEP, ahead);
    const page: TaskPage = await asker.ask({ kind: 'list', caller, projectId: null, first, after });
    if (!page.hasNextPage) {
      throw new Error(
        `${asker.server.name}: the list of organization ${caller.orgId} ends before page ${DEEP_PAGE}.`,
      );
    }
    after = page.endCursor;
    ahead -= first;
  }
  return { kind: 'list', caller, projectId: null, first: PAGE_SIZE, after };
}
