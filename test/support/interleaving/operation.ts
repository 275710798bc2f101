/** What one root field of a mutation is to write. */
export interface Write {
  /** Its key in the answer. */
  alias: string;
  /** The row that it changes; null for one that it makes. */
  id: string | null;
  /** Text that it alone writes; null for a change that writes none. */
  tag: string | null;
}

export type OperationKind =
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

/** One request of one organization. */
export interface Operation {
  kind: OperationKind;
  query: string;
  variables: Record<string, unknown>;
  /** Whose token it is sent with. */
  as: 'owner' | 'viewer';
  writes: Write[];
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
