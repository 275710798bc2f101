import type { Permission, RequestContext } from '../../identity/index.js';
import { badField } from '../../shared/errors.js';
import type { HttpRoute } from '../../shared/http-route.js';
import { CSV, NDJSON } from '../product-import/product-columns.js';
import type { ProductExportService } from './product-export.service.js';
import { csvLines, jsonLines } from './product-lines.js';

/** `GET /catalog/products/export?format=csv|ndjson` */
export function productExportRoute(
  service: ProductExportService,
): HttpRoute<RequestContext, Permission> {
  return {
    method: 'GET',
    path: '/catalog/products/export',
    description: 'All products that are not deleted, as a file that can be imported again.',
    access: 'read',
    permission: null,
    open({ query: { format = 'csv' } }) {
      if (format !== 'csv' && format !== 'ndjson') {
        throw badField('format', 'Must be csv or ndjson.');
      }
      const lines = format === 'csv' ? csvLines : jsonLines;
      return {
        mediaType: format === 'csv' ? `${CSV}; charset=utf-8` : NDJSON,
        fileName: `products.${format}`,
        run: (ctx, transfer) => service.run(ctx, transfer, lines),
      };
    },
  };
}
