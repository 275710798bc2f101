/**
 * What the servers are asked for, in words that none of them owns. Ids are UUIDs everywhere; a server's
 * own form of them is its client's business.
 */

/** Who asks: a user of one organization. */
export interface Caller {
  readonly orgId: string;
  readonly userId: string;
}

interface CallBase {
  readonly caller: Caller;
}

/** One project by its id. */
export interface PointRead extends CallBase {
  readonly kind: 'point-read';
  readonly projectId: string;
}

/**
 * 20 tasks of one project that are pending, from the oldest on, behind a cursor of the server's own making.
 * With `projectId` null: of the whole organization.
 */
export interface List extends CallBase {
  readonly kind: 'list';
  readonly projectId: string | null;
  readonly first: number;
  /** As the same server answered it in `TaskPage.endCursor`; null for the first page. */
  readonly after: string | null;
}

/** The 20 oldest projects with their owners, the 5 oldest tasks of each, and each task's assignee. */
export interface NestedList extends CallBase {
  readonly kind: 'nested-list';
}

/** A task gets a new title, if it is still at `version`. */
export interface Update extends CallBase {
  readonly kind: 'update';
  readonly taskId: string;
  readonly version: number;
  readonly title: string;
}

/** A new task in a project. */
export interface Create extends CallBase {
  readonly kind: 'create';
  readonly projectId: string;
  readonly title: string;
}

/** The 20 oldest tasks of the organization that have these words in title or description. */
export interface Search extends CallBase {
  readonly kind: 'search';
  readonly text: string;
}

/**
 * A page of a shop: of the products that stand in a category or below it, have these words, are for sale and in stock,
 * the first 20, and how many there are in each category.
 */
export interface CatalogSearch extends CallBase {
  readonly kind: 'catalog-search';
  readonly categoryId: string;
  readonly text: string;
  /** What fits the words best, or what was sold most. Of equals, the one with the larger id. */
  readonly order: 'relevance' | 'best-selling';
}

/** Some more of a product in the caller's cart, which is opened if there is none. */
export interface AddCartItem extends CallBase {
  readonly kind: 'add-cart-item';
  readonly productId: string;
  readonly quantity: number;
}

/** All that is in the caller's cart becomes an order: stock, ledger, number, history. */
export interface PlaceOrder extends CallBase {
  readonly kind: 'place-order';
  /** No other order was placed under it. */
  readonly idempotencyKey: string;
  readonly email: string;
  readonly shippingAddress: ShippingAddress;
}

export interface ShippingAddress {
  readonly name: string;
  readonly line1: string;
  readonly postalCode: string;
  readonly city: string;
  readonly country: string;
}

export type Call =
  | PointRead
  | List
  | NestedList
  | Update
  | Create
  | Search
  | CatalogSearch
  | AddCartItem
  | PlaceOrder;
export type CallKind = Call['kind'];

export interface ProjectAnswer {
  readonly id: string;
  readonly name: string;
  readonly version: number;
}

export interface TaskAnswer {
  readonly id: string;
  readonly title: string;
  /** As stored: pending, in_progress or completed. */
  readonly status: string;
  readonly version: number;
  /** ISO 8601 in UTC with milliseconds, as `Date.toISOString` writes it. */
  readonly createdAt: string;
}

export interface TaskPage {
  readonly tasks: readonly TaskAnswer[];
  readonly hasNextPage: boolean;
  readonly endCursor: string | null;
}

export interface CatalogPage {
  readonly products: readonly {
    readonly id: string;
    readonly sku: string;
    readonly name: string;
    /** In minor units. */
    readonly price: { readonly amount: number; readonly currency: string };
    readonly onHand: number;
    readonly category: { readonly id: string; readonly name: string } | null;
  }[];
  /** The one with most products first. */
  readonly categories: readonly {
    readonly id: string;
    readonly name: string;
    readonly count: number;
  }[];
}

export interface NestedProject {
  readonly id: string;
  readonly name: string;
  readonly owner: { readonly id: string; readonly name: string };
  readonly tasks: readonly {
    readonly id: string;
    readonly title: string;
    readonly assignee: { readonly id: string; readonly name: string } | null;
  }[];
}

/** What each kind of call is answered with, once it is read by the server's client. */
export interface AnswerOf {
  'point-read': ProjectAnswer;
  list: TaskPage;
  'nested-list': readonly NestedProject[];
  update: Pick<TaskAnswer, 'id' | 'title' | 'version'>;
  create: Pick<TaskAnswer, 'title' | 'version'> & { readonly id: string };
  search: readonly Pick<TaskAnswer, 'id' | 'title'>[];
  'catalog-search': CatalogPage;
  'add-cart-item': { readonly cartId: string };
  'place-order': { readonly orderId: string; readonly number: number };
}

export type Answer = AnswerOf[CallKind];
