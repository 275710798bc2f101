import DataLoader from 'dataloader';
import { groupBy } from './batch.js';
import { fetchedPage, type RowOrder } from './keyset.js';
import type { Page, PageRequest } from './page.js';

/** The same list of many parents, e.g. the first 5 tasks of each of 20 projects. */
export interface ChildList<Row extends { id: string }> {
  order: RowOrder<Row>;
  request: PageRequest;
  /** Rows of all parents in the order of the list, up to `request.limit + 1` for each. */
  find: (parentIds: readonly string[]) => Promise<(Row & { parentId: string })[]>;
  count: (parentIds: readonly string[]) => Promise<{ parentId: string; count: number }[]>;
}

/** Loads pages by parent, in one statement per list however many parents there are. */
export function loadPages<Row extends { id: string }>(
  list: ChildList<Row>,
): DataLoader<string, Page<Row>> {
  const counts = new DataLoader<string, number>(async (parentIds) => {
    const found = new Map((await list.count(parentIds)).map((row) => [row.parentId, row.count]));
    return parentIds.map((id) => found.get(id) ?? 0);
  });
  return new DataLoader(async (parentIds) => {
    const groups = groupBy(parentIds, await list.find(parentIds), (row) => row.parentId);
    return groups.map((rows, index) =>
      fetchedPage<Row>(list.order, list.request, rows, () =>
        counts.load(parentIds[index] as string),
      ),
    );
  });
}

/** One loader for each distinct set of list arguments, however many parents ask with the same. */
export class LoaderCache<Loader> {
  readonly #loaders = new Map<string, Loader>();

  /** @param args anything that JSON can tell apart */
  get(args: unknown, make: () => Loader): Loader {
    const key = JSON.stringify(args);
    let loader = this.#loaders.get(key);
    if (!loader) {
      loader = make();
      this.#loaders.set(key, loader);
    }
    return loader;
  }
}
