import type { ListDemand } from '../../shared/graphql/index.js';
import { decodeId } from '../../shared/ids.js';
import type { PageRequest } from '../../shared/page.js';
import { value } from '../../shared/statements/index.js';
import type { ChildListRequest } from '../../tenancy/index.js';
import type { ProjectFilter, ProjectOrder } from './project.input.js';
import type { ProjectCriteria } from './project.store.js';

/** A list of projects as asked for, checked and ready for the store. */
export type ProjectList = ChildListRequest<ProjectCriteria, ProjectOrder['field']>;

/** @throws BAD_USER_INPUT for malformed ids */
export function projectList(
  filter: ProjectFilter | null | undefined,
  orderBy: ProjectOrder,
  request: PageRequest,
  demand: ListDemand,
): ProjectList {
  const criteria = filter ? projectCriteria(filter) : {};
  return { filter: filter ?? null, criteria, orderBy, request, demand };
}

function projectCriteria({ ownerId, text }: ProjectFilter): ProjectCriteria {
  const criteria: ProjectCriteria = {};
  if (ownerId != null) criteria.ownerId = value(decodeId('user', ownerId, 'filter.ownerId'));
  if (text != null) criteria.text = value(text);
  return criteria;
}
