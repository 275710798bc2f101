import { decodeId } from '../../shared/ids.js';
import { type KeysetOrder, type KeysetPage, keysetPage } from '../../shared/keyset.js';
import type { PageRequest } from '../../shared/page.js';
import { value } from '../../shared/statements/index.js';
import { type ProjectFilter, type ProjectOrder, ProjectOrderField } from './project.input.js';
import type { ProjectCriteria, ProjectRow } from './project.store.js';

/** A list of projects as asked for, checked and ready for the store. */
export interface ProjectList {
  /** What the list was made of: two lists with the same arguments are the same list. */
  args: readonly [ProjectFilter | null, ProjectOrder, PageRequest];
  criteria: ProjectCriteria;
  order: KeysetOrder;
  request: PageRequest;
  page: KeysetPage;
  keyOf: (project: ProjectRow) => Date | string;
}

const ORDERS = {
  [ProjectOrderField.CREATED_AT]: {
    column: 'projects.created_at',
    type: 'timestamp',
    keyOf: (project: ProjectRow) => project.createdAt,
  },
  [ProjectOrderField.NAME]: {
    column: 'projects.name',
    type: 'text',
    keyOf: (project: ProjectRow) => project.name,
  },
} as const;

/** @throws BAD_USER_INPUT for malformed ids and cursors of other lists */
export function projectList(
  filter: ProjectFilter | null | undefined,
  orderBy: ProjectOrder,
  request: PageRequest,
): ProjectList {
  const { field, direction } = orderBy;
  const { keyOf, ...column } = ORDERS[field];
  const order: KeysetOrder = { ...column, name: field, idColumn: 'projects.id', direction };
  return {
    args: [filter ?? null, orderBy, request],
    criteria: filter ? projectCriteria(filter) : {},
    order,
    request,
    page: keysetPage(order, request),
    keyOf,
  };
}

function projectCriteria({ ownerId, text }: ProjectFilter): ProjectCriteria {
  const criteria: ProjectCriteria = {};
  if (ownerId != null) criteria.ownerId = value(decodeId('user', ownerId, 'filter.ownerId'));
  if (text != null) criteria.text = value(text);
  return criteria;
}
