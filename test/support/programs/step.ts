import type { StaffRole } from '../api.js';
import { SHOP_MUTATIONS, SHOP_NODES, SHOP_QUERIES } from './shop-documents.js';

/** What a program is about to name when it runs; until then nobody knows its id. */
export type Reference =
  /** The n-th row of a kind that an organization has seen, or an id that nothing has. */
  | { ref: RowKind; of: Whose; index: number }
  /** The version at which that row was last seen, and how far beside it. */
  | { ref: 'version'; row: { ref: VersionedKind; of: Whose; index: number }; beside: number }
  /** The n-th cursor that an organization was handed out. */
  | { ref: 'cursor'; of: Whose; index: number }
  /** Text that begins with the marker of the organization. */
  | { ref: 'text'; words: string }
  /** The name of who sends the step: no other shopper is ever shown it. */
  | { ref: 'self' };

/** Rows that steps name, by the prefix of their ids. */
export const ROW_KINDS = ['task', 'proj', 'user', 'prod', 'cat', 'cart', 'order', 'pay'] as const;

export type RowKind = (typeof ROW_KINDS)[number];

export type VersionedKind = Extract<RowKind, 'task' | 'proj' | 'prod' | 'order'>;

/** Who takes part beside the staff. */
export const SHOPPERS = ['customer', 'guest'] as const;

export type Actor = StaffRole | (typeof SHOPPERS)[number];

/** `foreign`: of the organization next to the one whose step it is. */
export type Whose = 'own' | 'foreign';

/** Arguments as a program has them: JSON with references in it. */
export type Argument =
  | Reference
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Argument[]
  | { readonly [name: string]: Argument };

/** One root field of a mutation. */
export interface MutationField {
  name: keyof typeof MUTATIONS;
  input: Argument;
}

/** One request of one organization: a query from the list of documents, or a mutation. */
export interface Step {
  organization: number;
  as: Actor;
  request:
    | { query: keyof typeof QUERIES; variables: { readonly [name: string]: Argument } }
    | { mutation: readonly MutationField[] };
}

const TASK = `id title description status completed priority dueAt version createdAt updatedAt deletedAt
  project { id name } assignee { id email }`;
const PROJECT = `id name description version createdAt updatedAt deletedAt owner { id email }
  taskCounts { total pending inProgress completed overdue }`;
const USER = 'id email name role createdAt updatedAt';
const PAGE = 'totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
const PAGED = '$first: Int, $after: String, $last: Int, $before: String';
const AT = 'first: $first, after: $after, last: $last, before: $before';
const ANY = `__typename ... on Task { ${TASK} } ... on Project { ${PROJECT} }`;

/** Every way to read. */
export const QUERIES = {
  tasks: `query (${PAGED}, $orderBy: TaskOrder!, $filter: TaskFilter) {
    tasks(${AT}, orderBy: $orderBy, filter: $filter) { ${PAGE} edges { cursor node { ${TASK} } } }
  }`,
  projects: `query (${PAGED}, $orderBy: ProjectOrder!, $filter: ProjectFilter) {
    projects(${AT}, orderBy: $orderBy, filter: $filter) { ${PAGE} edges { cursor node { ${PROJECT} } } }
  }`,
  users: `query (${PAGED}, $orderBy: UserOrder!, $filter: UserFilter) {
    users(${AT}, orderBy: $orderBy, filter: $filter) { ${PAGE} edges { cursor node { ${USER} } } }
  }`,
  tasksOfProjects: `query (${PAGED}, $orderBy: TaskOrder!, $filter: TaskFilter) {
    projects(orderBy: { field: NAME, direction: DESC }) { nodes { id name
      tasks(${AT}, orderBy: $orderBy, filter: $filter) { ${PAGE} edges { cursor node { ${TASK} } } } } }
  }`,
  workOfUsers: `query (${PAGED}, $orderBy: TaskOrder!, $filter: TaskFilter) {
    users { totalCount nodes { ${USER}
      assignedTasks(${AT}, orderBy: $orderBy, filter: $filter) { ${PAGE} nodes { ${TASK} } }
      projects(first: 3) { ${PAGE} nodes { id name } } } }
  }`,
  search: `query (${PAGED}, $text: String!) {
    search(text: $text, ${AT}) { ${PAGE} edges { cursor node { ${ANY} } } }
  }`,
  nodes: `query ($staff: Boolean!, $ids: [ID!]!) { nodes(ids: $ids) { id ${ANY} ... on User { ${USER} } ${SHOP_NODES} } }`,
  node: `query ($staff: Boolean!, $id: ID!) { node(id: $id) { id ${ANY} ... on User { ${USER} } ${SHOP_NODES} } }`,
  task: `query ($id: ID!) { task(id: $id) { ${TASK} } }`,
  project: `query ($id: ID!) { project(id: $id) { ${PROJECT} } }`,
  user: `query ($id: ID!) { user(id: $id) { ${USER} assignedTasks { totalCount } } }`,
  several: `query ($id: ID!) {
    organization { id name slug createdAt updatedAt } viewer { ${USER} }
    projects { totalCount } tasks { totalCount } users { totalCount } task(id: $id) { title }
  }`,
  ...SHOP_QUERIES,
} as const;

/** Every mutation of work and commerce: the type of its input, null where it takes none, and what it gives. */
export const MUTATIONS = {
  createProject: { input: 'CreateProjectInput', selection: PROJECT },
  updateProject: { input: 'UpdateProjectInput', selection: PROJECT },
  deleteProject: { input: 'ProjectVersionInput', selection: PROJECT },
  restoreProject: { input: 'ProjectVersionInput', selection: PROJECT },
  createTask: { input: 'CreateTaskInput', selection: TASK },
  updateTask: { input: 'UpdateTaskInput', selection: TASK },
  completeTask: { input: 'TaskIdInput', selection: TASK },
  reopenTask: { input: 'TaskIdInput', selection: TASK },
  assignTask: { input: 'AssignTaskInput', selection: TASK },
  deleteTask: { input: 'TaskVersionInput', selection: TASK },
  restoreTask: { input: 'TaskVersionInput', selection: TASK },
  createUser: { input: 'CreateUserInput', selection: USER },
  ...SHOP_MUTATIONS,
} as const;
