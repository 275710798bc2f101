import type { Permission, RequestContext } from '../identity/index.js';
import type { Clock } from '../shared/clock.js';
import type { Feature } from '../shared/graphql/index.js';
import { CategoryLoader } from './category/category.loader.js';
import { ProductLoader } from './product/product.loader.js';
import { ProductResolver } from './product/product.resolver.js';
import { productExportRoute } from './product-export/product-export.route.js';
import { ProductExportService } from './product-export/product-export.service.js';
import { ProductExportStore } from './product-export/product-export.store.js';
import { productImportRoute } from './product-import/product-import.route.js';
import { ProductImportService } from './product-import/product-import.service.js';
import { ProductImportStore } from './product-import/product-import.store.js';
import { StockImportStore } from './product-import/stock-import.store.js';

export interface CommerceOptions {
  readonly clock: Clock;
}

/** What the organization sells, and how much there is of it. */
export function createCommerce(_options: CommerceOptions): Feature<RequestContext, Permission> {
  return {
    resolvers: [new ProductResolver()],
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
    routes: [
      productImportRoute(
        new ProductImportService(new ProductImportStore(), new StockImportStore()),
      ),
      productExportRoute(new ProductExportService(new ProductExportStore())),
    ],
  };
}
