import { findAndKeep, findByIds, type model } from '../../tenancy/index.js';

export type CategoryRow = Omit<model.Category, 'orgId'>;

const COLUMNS = [
  'categories.id',
  'categories.parent_id as parentId',
  'categories.name',
  'categories.slug',
  'categories.position',
  'categories.version',
  'categories.created_at as createdAt',
  'categories.updated_at as updatedAt',
] as const;

export class CategoryStore {
  readonly findByIds = findByIds('categories', COLUMNS);

  /**
   * A category that is there until this transaction ends. Who puts products into it reads it this way, before
   * it touches one of them: in this order a removal locks them as well.
   */
  readonly findAndKeep = findAndKeep('categories', COLUMNS);
}
