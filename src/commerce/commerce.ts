import type { RequestContext } from '../identity/index.js';
import type { Clock } from '../shared/clock.js';
import type { Feature } from '../shared/graphql/index.js';
import { CategoryLoader } from './category/category.loader.js';
import { CategoryStore } from './category/category.store.js';
import { ProductLoader } from './product/product.loader.js';
import { CategoryProductsResolver, ProductResolver } from './product/product.resolver.js';
import { ProductService } from './product/product.service.js';
import { ProductStore } from './product/product.store.js';
import { CategoryFacetResolver, ProductFacetsResolver } from './product/product-facets.resolver.js';
import { ProductFacetsService } from './product/product-facets.service.js';
import { ProductFacetsStore } from './product/product-facets.store.js';

export interface CommerceOptions {
  readonly clock: Clock;
}

/** What the organization sells, and how much there is of it. */
export function createCommerce({ clock }: CommerceOptions): Feature<RequestContext> {
  const categories = new CategoryStore();
  const products = new ProductStore();
  return {
    resolvers: [
      new ProductResolver(new ProductService(products, categories, clock)),
      new CategoryProductsResolver(),
      new ProductFacetsResolver(new ProductFacetsService(new ProductFacetsStore())),
      new CategoryFacetResolver(),
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
