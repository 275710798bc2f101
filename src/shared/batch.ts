import DataLoader from 'dataloader';

/** Loads rows by id, many at once; null for an id without a row. */
export function loadById<Row extends { id: string }>(
  find: (ids: readonly string[]) => Promise<Row[]>,
): DataLoader<string, Row | null> {
  return new DataLoader(async (ids) => {
    const rows = new Map((await find(ids)).map((row) => [row.id, row]));
    return ids.map((id) => rows.get(id) ?? null);
  });
}

/**
 * What a request makes its rows of one kind with, by their ids, each fetched once: a class for `ctx.use`.
 *
 * @param store whose `findByIds` finds them
 */
export function rowLoader<Transaction, Row extends { id: string }>(store: {
  findByIds: (tx: Transaction, ids: readonly string[]) => Promise<Row[]>;
}) {
  return class {
    /** Null for an id without a row. */
    readonly byId: DataLoader<string, Row | null>;

    constructor(ctx: { readonly tx: Transaction }) {
      this.byId = loadById((ids) => store.findByIds(ctx.tx, ids));
    }
  };
}

/** Sorts rows into one list for each of `keys`, in the order of `keys`. */
export function groupBy<Row>(
  keys: readonly string[],
  rows: readonly Row[],
  keyOf: (row: Row) => string,
): Row[][] {
  const groups = new Map<string, Row[]>(keys.map((key) => [key, []]));
  for (const row of rows) groups.get(keyOf(row))?.push(row);
  return keys.map((key) => groups.get(key) ?? []);
}
