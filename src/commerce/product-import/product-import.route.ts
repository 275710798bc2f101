import type { Permission, RequestContext } from '../../identity/index.js';
import { badField } from '../../shared/errors.js';
import type { HttpRoute } from '../../shared/http-route.js';
import { csvRows, jsonRows } from './file-rows.js';
import { failedLine } from './import-report.js';
import { CSV, NDJSON } from './product-columns.js';
import type { OnError, ProductImportService } from './product-import.service.js';

const MOST_BYTES = 67_108_864;

/** `POST /catalog/products/import?onError=abort|skip` */
export function productImportRoute(
  service: ProductImportService,
): HttpRoute<RequestContext, Permission> {
  return {
    method: 'POST',
    path: '/catalog/products/import',
    description: 'Makes and changes products as a file says.',
    access: 'write',
    permission: 'catalog:write',
    takes: { mediaTypes: [CSV, NDJSON], bytes: MOST_BYTES },
    open({ query, mediaType }) {
      const onError = onErrorOf(query.onError);
      const read = mediaType === CSV ? csvRows : jsonRows;
      return {
        mediaType: NDJSON,
        run: (ctx, transfer) => service.run(ctx, transfer, read, onError),
        failed: failedLine,
      };
    },
  };
}

function onErrorOf(asked: unknown = 'abort'): OnError {
  if (asked === 'abort' || asked === 'skip') return asked;
  throw badField('onError', 'Must be abort, which keeps all rows or none, or skip.');
}
