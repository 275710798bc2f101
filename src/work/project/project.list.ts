import { decodeId } from '../../shared/ids.js';
import type { KeysetOrder } from '../../shared/keyset.js';
import type { PageRequest } from '../../shared/page.js';
import { type ProjectFilter, type ProjectOrder, ProjectOrderField } from './project.input.js';
import type { ProjectRow, ProjectSelection } from './project.store.js';

/** A list of projects as asked for, checked and ready for the store. */
export interface ProjectList {
  selection: ProjectSelection;
  order: KeysetOrder;
  request: PageRequest;
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

/** @throws BAD_USER_INPUT for malformed ids */
export function projectList(
  filter: ProjectFilter | null | undefined,
  { field, direction }: ProjectOrder,
  request: PageRequest,
): ProjectList {
  const { keyOf, ...column } = ORDERS[field];
  return {
    selection: {
      ownerId: filter?.ownerId == null ? null : decodeId('user', filter.ownerId, 'filter.ownerId'),
      text: filter?.text ?? null,
    },
    order: { ...column, name: field, idColumn: 'projects.id', direction },
    request,
    keyOf,
  };
}
