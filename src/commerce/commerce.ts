import type { RequestContext } from '../identity/index.js';
import type { Clock } from '../shared/clock.js';
import type { Feature } from '../shared/graphql/index.js';
import { CategoryLoader } from './category/category.loader.js';
import { CategoryResolver } from './category/category.resolver.js';
import { CategoryService } from './category/category.service.js';
import { CategoryStore } from './category/category.store.js';
import { ProductLoader } from './product/product.loader.js';
import { ProductResolver } from './product/product.resolver.js';
import { ProductStore } from './product/product.store.js';

export interface CommerceOptions {
  readonly clock: Clock;
}

/** What the organization sells, and how much there is of it. */
export function createCommerce(_options: CommerceOptions): Feature<RequestContext> {
  const products = new ProductStore();
  return {
    resolvers: [
      new CategoryResolver(new CategoryService(new CategoryStore(), products)),
      new ProductResolver(),
    ],
    nodes: [
      {
        typeName: 'Category',
        idPrefix: 'cat',
        load: (ctx, id) => ctx.use(CategoryLoader).byId.load(id),
      },
      {
        typeName: 'Product',
        idPrefix: 'prod',
        load: (ctx, id) => ctx.use(ProductLoader).byId.load(id),
      },
    ],
  };
}
