/** In rows, where the client says nothing. */
export const DEFAULT_PAGE_SIZE = 20;
/** In rows; more is BAD_USER_INPUT. */
export const MAX_PAGE_SIZE = 100;

/** A page as asked for: `limit` rows behind (or, backward, before) `cursor`. */
export interface PageRequest {
  limit: number;
  backward: boolean;
  cursor: string | null;
}

/**
 * One page of a list, in the shape of a Relay connection. What is not asked for is not computed.
 */
export class Page<Row> {
  readonly nodes: Row[];
  readonly #more: boolean;

  /**
   * @param fetched up to `request.limit + 1` rows in the order in which they were fetched, which is
   *   from the far end when paging backward
   * @param cursorOf the cursor that leads to a row
   * @param totalCount counts the whole list; called only when a client asks
   */
  constructor(
    readonly request: PageRequest,
    fetched: Row[],
    readonly cursorOf: (row: Row) => string,
    readonly totalCount: () => Promise<number>,
  ) {
    this.#more = fetched.length > request.limit;
    const rows = this.#more ? fetched.slice(0, request.limit) : fetched;
    this.nodes = request.backward ? rows.reverse() : rows;
  }

  get edges(): Edge<Row>[] {
    return this.nodes.map((node) => new Edge(node, this.cursorOf));
  }

  get pageInfo(): PageInfo<Row> {
    return new PageInfo(this, this.#more);
  }
}

/** A row with its place in the list. */
class Edge<Row> {
  readonly #cursorOf: (row: Row) => string;

  constructor(
    readonly node: Row,
    cursorOf: (row: Row) => string,
  ) {
    this.#cursorOf = cursorOf;
  }

  get cursor(): string {
    return this.#cursorOf(this.node);
  }
}

/** Where a page stands in its list. */
class PageInfo<Row> {
  readonly #page: Page<Row>;
  readonly #more: boolean;

  constructor(page: Page<Row>, more: boolean) {
    this.#page = page;
    this.#more = more;
  }

  /** On the side that was come from there is at least the row that the cursor belongs to. */
  get hasNextPage(): boolean {
    const { backward, cursor } = this.#page.request;
    return backward ? cursor !== null : this.#more;
  }

  get hasPreviousPage(): boolean {
    const { backward, cursor } = this.#page.request;
    return backward ? this.#more : cursor !== null;
  }

  get startCursor(): string | null {
    return this.#cursorOf(this.#page.nodes[0]);
  }

  get endCursor(): string | null {
    return this.#cursorOf(this.#page.nodes.at(-1));
  }

  #cursorOf(row: Row | undefined): string | null {
    return row === undefined ? null : this.#page.cursorOf(row);
  }
}
