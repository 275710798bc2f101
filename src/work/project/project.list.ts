import { demanded, type ListDemand } from '../../shared/graphql/index.js';
import { decodeId } from '../../shared/ids.js';
import { type KeysetOrder, keysetPage } from '../../shared/keyset.js';
import type { PageRequest } from '../../shared/page.js';
import { value } from '../../shared/statements/index.js';
import { type ProjectFilter, type ProjectOrder, ProjectOrderField } from './project.input.js';
import {
  type ListedProject,
  PROJECT_COLUMNS_ON_DEMAND,
  type ProjectCriteria,
  type ProjectListing,
} from './project.store.js';

/** A list of projects as asked for, checked and ready for the store. */
export interface ProjectList {
  /** What the list was made of: two lists with the same are the same list. */
  key: readonly [ProjectFilter | null, ProjectOrder, PageRequest, ProjectListing['columns']];
  order: KeysetOrder;
  request: PageRequest;
  listing: ProjectListing;
  keyOf: (project: ListedProject) => Date | string | undefined;
}

const ORDERS = {
  [ProjectOrderField.CREATED_AT]: {
    column: 'projects.created_at',
    type: 'timestamp',
    property: 'createdAt',
  },
  [ProjectOrderField.NAME]: {
    column: 'projects.name',
    type: 'text',
    property: 'name',
  },
} as const;

/** @throws BAD_USER_INPUT for malformed ids and cursors of other lists */
export function projectList(
  filter: ProjectFilter | null | undefined,
  orderBy: ProjectOrder,
  request: PageRequest,
  demand: ListDemand,
): ProjectList {
  const { field, direction } = orderBy;
  const { property, ...column } = ORDERS[field];
  const order: KeysetOrder = { ...column, name: field, idColumn: 'projects.id', direction };
  const columns = demanded(PROJECT_COLUMNS_ON_DEMAND, demand, property);
  return {
    key: [filter ?? null, orderBy, request, columns],
    order,
    request,
    listing: {
      criteria: filter ? projectCriteria(filter) : {},
      columns,
      page: keysetPage(order, request),
    },
    keyOf: (project) => project[property],
  };
}

function projectCriteria({ ownerId, text }: ProjectFilter): ProjectCriteria {
  const criteria: ProjectCriteria = {};
  if (ownerId != null) criteria.ownerId = value(decodeId('user', ownerId, 'filter.ownerId'));
  if (text != null) criteria.text = value(text);
  return criteria;
}
