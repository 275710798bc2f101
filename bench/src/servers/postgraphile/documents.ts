import type { Call, CallKind } from '../../calls.ts';
import type { SHOP_CALLS } from '../shared/shop-calls.ts';

/**
 * One document for each kind of call, with variables and no literals: PostGraphile remembers parsed,
 * validated and planned documents by their text. `rowId` is the generated name of a column `id`.
 */
const DOCUMENTS: Readonly<Record<Exclude<CallKind, (typeof SHOP_CALLS)[number]>, string>> = {
  'point-read': `
    query Project($orgId: UUID!, $id: UUID!) {
      projectByOrgIdAndRowId(orgId: $orgId, rowId: $id) { rowId name version }
    }`,

  list: `
    query Tasks($condition: TaskCondition!, $first: Int!, $after: Cursor) {
      allTasks(
        condition: $condition, first: $first, after: $after, orderBy: [CREATED_AT_ASC, ROW_ID_ASC]
      ) {
        nodes { rowId title status version createdAt }
        pageInfo { hasNextPage endCursor }
      }
    }`,

  'nested-list': `
    query Board {
      allProjects(first: 20, condition: { deletedAt: null }, orderBy: [CREATED_AT_ASC, ROW_ID_ASC]) {
        nodes {
          rowId
          name
          userByOrgIdAndOwnerId { rowId name }
          tasksByOrgIdAndProjectId(
            first: 5, condition: { deletedAt: null }, orderBy: [CREATED_AT_ASC, ROW_ID_ASC]
          ) {
            nodes { rowId title userByOrgIdAndAssigneeId { rowId name } }
          }
        }
      }
    }`,

  update: `
    mutation UpdateTask($orgId: UUID!, $id: UUID!, $patch: TaskPatch!) {
      updateTaskByOrgIdAndRowId(input: { orgId: $orgId, rowId: $id, taskPatch: $patch }) {
        task { rowId title version }
      }
    }`,

  create: `
    mutation CreateTask($task: TaskInput!) {
      createTask(input: { task: $task }) { task { rowId title version } }
    }`,

  search: `
    query Search($words: String!) {
      allTasks(
        first: 20, condition: { deletedAt: null, matches: $words }, orderBy: [CREATED_AT_ASC, ROW_ID_ASC]
      ) {
        nodes { rowId title }
      }
    }`,
};

/** @throws TypeError for a call that PostGraphile is not asked for */
export function documentOf({ kind }: Call): string {
  const document = (DOCUMENTS as Readonly<Partial<Record<CallKind, string>>>)[kind];
  if (document === undefined) throw new TypeError(`There is no document for ${kind}.`);
  return document;
}
