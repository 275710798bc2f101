import type { ListDemand } from '../../shared/graphql/index.js';
import { decodeId } from '../../shared/ids.js';
import type { PageRequest } from '../../shared/page.js';
import { value } from '../../shared/statements/index.js';
import type { ChildListRequest } from '../../tenancy/index.js';
import type { CategoryFilter, CategoryOrder } from './category.input.js';
import type { CategoryCriteria } from './category.store.js';

/** A list of categories as asked for, checked and ready for the store. */
export type CategoryList = ChildListRequest<CategoryCriteria, CategoryOrder['field']>;

/** @throws BAD_USER_INPUT for malformed ids */
export function categoryList(
  filter: CategoryFilter | null | undefined,
  orderBy: CategoryOrder,
  request: PageRequest,
  demand: ListDemand,
): CategoryList {
  const criteria = filter ? categoryCriteria(filter) : {};
  return { filter: filter ?? null, criteria, orderBy, request, demand };
}

function categoryCriteria({ parentId, topLevel, search }: CategoryFilter): CategoryCriteria {
  const criteria: CategoryCriteria = {};
  if (parentId != null) criteria.parentId = value(decodeId('cat', parentId, 'filter.parentId'));
  if (topLevel != null) criteria.topLevel = topLevel;
  if (search != null) criteria.search = value(search.toLowerCase());
  return criteria;
}
