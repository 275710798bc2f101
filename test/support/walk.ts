/** The arguments of one page. */
export interface PageArguments {
  first?: number;
  after?: string;
  last?: number;
  before?: string;
}

/** What a walk needs of a page: ask for `PAGE_FIELDS`. */
export interface PageOfNodes {
  nodes: { id: string }[];
  pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
}

export const PAGE_FIELDS =
  'nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';

export type Way = 'forward' | 'backward';

export interface WalkOptions {
  size: number;
  way?: Way;
  /** What happens between two pages. */
  between?: (page: number) => Promise<unknown>;
}

const ENDLESS = 1_000;

/** Reads a list page by page to its end, or backward to its beginning. */
export async function walkPages(
  read: (page: PageArguments) => Promise<PageOfNodes>,
  { size, way = 'forward', between }: WalkOptions,
): Promise<PageOfNodes[]> {
  const pages: PageOfNodes[] = [];
  let at: PageArguments = {};
  for (;;) {
    const page = await read({ [way === 'forward' ? 'first' : 'last']: size, ...at });
    pages.push(page);
    const { hasNextPage, hasPreviousPage, startCursor, endCursor } = page.pageInfo;
    if (!(way === 'forward' ? hasNextPage : hasPreviousPage)) return pages;
    if (pages.length === ENDLESS) throw new Error('This list does not end.');
    at = way === 'forward' ? { after: endCursor as string } : { before: startCursor as string };
    await between?.(pages.length);
  }
}

/** The ids that a walk meets, in the order of the list whichever way it goes. */
export async function walk(
  read: (page: PageArguments) => Promise<PageOfNodes>,
  options: WalkOptions,
): Promise<string[]> {
  const pages = await walkPages(read, options);
  if (options.way === 'backward') pages.reverse();
  return pages.flatMap(({ nodes }) => nodes.map(({ id }) => id));
}
