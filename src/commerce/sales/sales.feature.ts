import type { RequestContext } from '../../identity/index.js';
import type { Feature } from '../../shared/graphql/index.js';
import { CartConversionStore } from './cart-conversion.store.js';
import { SalesReportResolver, SalesResolver, SalesRowResolver } from './sales.resolver.js';
import { SalesService } from './sales.service.js';
import { SalesReportStore } from './sales-report.store.js';
import { StockTurnoverStore } from './stock-turnover.store.js';

/** Reports of what was sold. */
export function createSales(): Pick<Feature<RequestContext>, 'resolvers'> {
  const service = new SalesService({
    reports: new SalesReportStore(),
    carts: new CartConversionStore(),
    turnover: new StockTurnoverStore(),
  });
  return {
    resolvers: [
      new SalesResolver(service),
      new SalesReportResolver(service),
      new SalesRowResolver(),
    ],
  };
}
