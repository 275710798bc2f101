import { badField } from '../../shared/errors.js';
import type { ListDemand } from '../../shared/graphql/index.js';
import { decodeId } from '../../shared/ids.js';
import type { PageRequest } from '../../shared/page.js';
import { value } from '../../shared/statements/index.js';
import type { ChildListRequest } from '../../tenancy/index.js';
import type { ProductCriteria } from './product.criteria.js';
import { type ProductFilter, ProductOrder } from './product.input.js';

/** A list of products as asked for, checked and ready for the store. */
export type ProductList = ChildListRequest<ProductCriteria, ProductOrder['field']>;

/** @throws BAD_USER_INPUT for malformed ids, and for the order by relevance where no words are given */
export function productList(
  filter: ProductFilter | null | undefined,
  order: ProductOrder,
  request: PageRequest,
  demand: ListDemand,
): ProductList {
  const criteria = productCriteria(filter);
  const orderBy = ProductOrder.directed(order);
  if (orderBy.field === 'RELEVANCE' && !criteria.text) {
    throw badField('filter.text', 'Give the words to look for, or choose another order.');
  }
  return { filter: filter ?? null, criteria, orderBy, request, demand };
}

/** @throws BAD_USER_INPUT for malformed ids */
export function productCriteria(filter: ProductFilter | null | undefined): ProductCriteria {
  const criteria: ProductCriteria = {};
  if (!filter) return criteria;
  const { categoryId, price, inStock, active, metadata, text, deleted } = filter;
  if (categoryId != null)
    criteria.categoryId = value(decodeId('cat', categoryId, 'filter.categoryId'));
  if (price != null) {
    criteria.currency = value(price.currency);
    if (price.min != null) criteria.minPrice = value(price.min);
    if (price.max != null) criteria.maxPrice = value(price.max);
  }
  if (inStock != null) criteria.inStock = inStock;
  if (active != null) criteria.active = value(active);
  if (metadata != null) criteria.metadata = value(JSON.stringify(metadata));
  if (text != null) criteria.text = value(text);
  if (deleted != null) criteria.deleted = deleted;
  return criteria;
}
