import { CallSource, type Ground } from './call-source.ts';
import type { Call, TaskPage } from './calls.ts';
import type { Check } from './checks.ts';
import { callerOf, PAGE_SIZE } from './places.ts';
import { Random } from './random.ts';
import type { Errand } from './workloads.ts';

const OF_EACH_KIND = 8;

/** Reads as the workloads make them, and first pages, from which the workloads' lists begin. */
export function readChecks(ground: Ground): Check[] {
  const errands: readonly Errand[] = ['point-read', 'nested-list', 'search', 'catalog-search'];
  return [
    ...errands.flatMap((errand) => {
      const workload = { name: errand, title: errand, mix: { [errand]: 1 } };
      const source = new CallSource(ground, workload, 0, 1);
      return Array.from({ length: OF_EACH_KIND }, () => checkOf(source.next().call));
    }),
    ...firstPages(ground),
    {
      what: 'how many pages 2 to 5 the walked lists have',
      kinds: ['list'],
      run: async ({ ground: own }) => own.places.pages.length,
    },
    ...chosenFrom(ground.places.pages.length).map((index) => pageCheck('pages', index)),
    ...chosenFrom(ground.places.deepPages.length).map((index) => pageCheck('deepPages', index)),
  ];
}

function checkOf(call: Call): Check {
  return { what: JSON.stringify(call), kinds: [call.kind], run: ({ asker }) => asker.ask(call) };
}

function firstPages({ data }: Ground): Check[] {
  const random = new Random(2);
  return Array.from({ length: OF_EACH_KIND }, (_, index) => {
    const organization = random.oneOf(data.organizations);
    const call = {
      kind: 'list' as const,
      caller: callerOf(organization, random),
      projectId: index % 2 === 0 ? random.oneOf(organization.projectIds) : null,
      first: PAGE_SIZE,
      after: null,
    };
    return {
      what: JSON.stringify(call),
      kinds: ['list'],
      run: async ({ asker }) => withoutCursor(await asker.ask(call)),
    };
  });
}

/** The page at the same place, behind the server's own cursor. */
function pageCheck(places: 'pages' | 'deepPages', index: number): Check {
  return {
    what: `${places}[${index}]`,
    kinds: ['list'],
    async run({ asker, ground }) {
      const call = ground.places[places][index];
      if (call === undefined) return 'no such page';
      const { after: _ownCursor, ...asked } = call;
      return { asked, answer: withoutCursor(await asker.ask(call)) };
    },
  };
}

function withoutCursor({ tasks, hasNextPage, endCursor }: TaskPage) {
  return { tasks, hasNextPage, hasCursor: endCursor !== null };
}

function chosenFrom(length: number): number[] {
  const count = Math.min(OF_EACH_KIND, length);
  return Array.from({ length: count }, (_, index) => Math.floor((index * length) / count));
}
