import type { CallKind } from './calls.ts';

/**
 * What is asked for at a time: a kind of call, a deep page being a list far behind its beginning. To shop is to put
 * something into a cart, and with the next call to order it.
 */
export type Errand = Exclude<CallKind, ShopKind> | 'deep-page' | 'shop';

type ShopKind = 'add-cart-item' | 'place-order';

export interface Workload {
  readonly name: string;
  /** As in a table. */
  readonly title: string;
  /** In percent. */
  readonly mix: Readonly<Partial<Record<Errand, number>>>;
}

export const WORKLOADS = [
  { name: 'point-read', title: 'Point read', mix: { 'point-read': 100 } },
  { name: 'list', title: 'List, pages 2 to 5', mix: { list: 100 } },
  { name: 'nested-list', title: 'Nested list', mix: { 'nested-list': 100 } },
  { name: 'deep-page', title: 'Deep page, page 500', mix: { 'deep-page': 100 } },
  { name: 'update', title: 'Update, with version', mix: { update: 100 } },
  { name: 'create', title: 'Create', mix: { create: 100 } },
  { name: 'search', title: 'Search', mix: { search: 100 } },
  { name: 'catalog-search', title: 'Catalog search, with facets', mix: { 'catalog-search': 100 } },
  { name: 'place-order', title: 'Cart and order, in turns', mix: { shop: 100 } },
  {
    name: 'mixed-day',
    title: 'Mixed day',
    mix: { 'point-read': 50, list: 15, 'nested-list': 10, search: 5, update: 14, create: 6 },
  },
] as const satisfies readonly Workload[];

export type WorkloadName = (typeof WORKLOADS)[number]['name'];

/** The kinds of calls that a workload makes. */
export function kindsOf({ mix }: Workload): CallKind[] {
  const errands = Object.keys(mix) as Errand[];
  return errands.flatMap((errand): CallKind[] => {
    if (errand === 'shop') return ['add-cart-item', 'place-order'];
    return [errand === 'deep-page' ? 'list' : errand];
  });
}

/** The tables that a workload writes to. */
export function tablesWrittenBy({ mix }: Workload): readonly string[] {
  return [...(mix.update || mix.create ? ['tasks'] : []), ...(mix.shop ? SHOP_TABLES : [])];
}

const SHOP_TABLES = [
  'carts',
  'cart_items',
  'idempotency_keys',
  'number_series',
  'order_events',
  'order_items',
  'orders',
  'stock_levels',
  'stock_movements',
];
