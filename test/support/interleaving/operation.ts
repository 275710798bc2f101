import type { Shopper } from './reader.js';

/** What one root field of a mutation is to write. */
export interface Write {
  /** Its key in the answer. */
  alias: string;
  /** The row that it changes; null for one that it makes. */
  id: string | null;
  /** Text that it alone writes, or with which it is sent again; null for a change that writes none. */
  tag: string | null;
}

export type OperationKind = WorkKind | ShopKind;

/** On projects and tasks. */
export type WorkKind =
  | 'list'
  | 'nested list'
  | 'node'
  | 'search'
  | 'create'
  | 'create two'
  | 'update'
  | 'stale update'
  | 'intent'
  | 'delete'
  | 'restore'
  | 'mixed'
  | 'forbidden'
  | 'foreign'
  | 'invalid';

/** On products, stock, carts and orders. */
export type ShopKind = (typeof SHOP_KINDS)[number];

export const SHOP_KINDS = [
  'catalog',
  'product',
  'cart',
  'count up',
  'fill cart',
  'change cart',
  'checkout',
  'order',
  'order again',
  'pay',
  'own orders',
  'own cancel',
  'pry',
  'all orders',
  'handle order',
  'stock',
  'edit product',
  'sales',
] as const;

/** Of these, everything is refused: nothing that they name is theirs, or they may not do it. */
export const REFUSED_KINDS: readonly OperationKind[] = ['forbidden', 'foreign', 'pry'];

/** One request to one organization. */
export interface Operation {
  kind: OperationKind;
  query: string;
  variables: Record<string, unknown>;
  /** Whose credentials it is sent with. */
  as: 'owner' | 'viewer' | Shopper;
  writes: Write[];
  /** What is wrong with an answer without errors; nothing as a rule. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field.
  fault?: (data: any) => string | undefined;
}

export const TASK_FIELDS =
  'id version title description status completed priority dueAt createdAt updatedAt deletedAt';

export const PROJECT_FIELDS = 'id version name description createdAt updatedAt deletedAt';

/** Documents that are refused before anything is executed. */
export const INVALID_DOCUMENTS = [
  '{ tasks { nodes { id }',
  '{ tasks { nodes { secret } } }',
  'query ($id: Int!) { task(id: $id) { id } }',
  '{ projects(first: 100) { nodes { tasks(first: 100) { nodes { id title } } } } }',
  'query A { viewer { id } } query B { viewer { id } }',
  'mutation { deleteEverything { id } }',
];
