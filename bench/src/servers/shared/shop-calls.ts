import type { CallKind } from '../../calls.ts';

/**
 * What only Rowhouse and the floor answer. In the other peers all of it would be SQL by hand, as it is in the floor: a
 * search in a subtree, ordered by how well words fit or by a row of another table, and counted at the same time; an
 * order that takes stock and a number. That would compare statements, and not what they are there for.
 */
export const SHOP_CALLS = [
  'catalog-search',
  'add-cart-item',
  'place-order',
] as const satisfies readonly CallKind[];
