import { PROJECT_FIELDS, TASK_FIELDS } from './operation.js';

export const LIST = `query ($first: Int, $after: String, $orderBy: TaskOrder!, $filter: TaskFilter) {
  tasks(first: $first, after: $after, orderBy: $orderBy, filter: $filter) {
    totalCount edges { cursor node { ${TASK_FIELDS} } } pageInfo { endCursor hasNextPage }
  }
}`;

export const NESTED_LISTS = [
  `{ projects(first: 4, orderBy: { field: CREATED_AT, direction: DESC }) { totalCount nodes {
       ${PROJECT_FIELDS} owner { id email } taskCounts { total completed overdue }
       tasks(first: 3) { nodes { ${TASK_FIELDS} assignee { id email } } } } } }`,
  `{ organization { id slug } users { nodes { id email
       assignedTasks(first: 2) { nodes { ${TASK_FIELDS} project { ${PROJECT_FIELDS} } } }
       projects(last: 2) { nodes { ${PROJECT_FIELDS} } } } } }`,
];

const ANY_NODE = `id
  ... on Task { ${TASK_FIELDS} }
  ... on Project { ${PROJECT_FIELDS} }
  ... on User { email }
  ... on Organization { slug }`;

export const NODE = `query ($id: ID!) { node(id: $id) { ${ANY_NODE} } }`;

export const NODES = `query ($ids: [ID!]!) { nodes(ids: $ids) { ${ANY_NODE} } }`;

export const SEARCH = `query ($text: String!) {
  search(text: $text, first: 5) {
    totalCount nodes { ... on Task { ${TASK_FIELDS} } ... on Project { ${PROJECT_FIELDS} } }
  }
}`;
