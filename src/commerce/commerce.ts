import {
  combinedBelongings,
  type LocalDayRecords,
  type Permission,
  type RequestContext,
  type ShopperWelcome,
  type UserBelongings,
} from '../identity/index.js';
import type { Outbox } from '../mail/index.js';
import type { Feature } from '../shared/graphql/index.js';
import { createCarts } from './cart/cart.feature.js';
import type { CartSettings } from './cart/cart.service.js';
import { CategoryLoader } from './category/category.loader.js';
import { CategoryResolver } from './category/category.resolver.js';
import { CategoryService } from './category/category.service.js';
import { CategoryStore } from './category/category.store.js';
import { guestArrival } from './guest-arrival.js';
import { createOrders } from './order/order.feature.js';
import {
  createExpiring,
  type Expiring,
  type UnpaidOrderSettings,
} from './order/unpaid-orders.feature.js';
import {
  createPayments,
  type Paying,
  type PaymentOptions,
  type PaymentSettings,
} from './payment/payment.feature.js';
import { ProductLoader } from './product/product.loader.js';
import { CategoryProductsResolver, ProductResolver } from './product/product.resolver.js';
import { ProductService } from './product/product.service.js';
import { ProductStore } from './product/product.store.js';
import { CategoryFacetResolver, ProductFacetsResolver } from './product/product-facets.resolver.js';
import { ProductFacetsService } from './product/product-facets.service.js';
import { ProductFacetsStore } from './product/product-facets.store.js';
import { productExportRoute } from './product-export/product-export.route.js';
import { ProductExportService } from './product-export/product-export.service.js';
import { ProductExportStore } from './product-export/product-export.store.js';
import { productImportRoute } from './product-import/product-import.route.js';
import { ProductImportService } from './product-import/product-import.service.js';
import { ProductImportStore } from './product-import/product-import.store.js';
import { StockImportStore } from './product-import/stock-import.store.js';
import { createCheckout } from './reservation/checkout.feature.js';
import type { CheckoutTerms } from './reservation/stock-reservation.store.js';
import { createSales } from './sales/sales.feature.js';
import { SalesLedger } from './sales/sales-ledger.js';
import { LowStockStore } from './stock/low-stock.store.js';
import {
  ProductStockResolver,
  StockDiscrepancyResolver,
  StockLevelResolver,
  StockMovementResolver,
} from './stock/stock.resolver.js';
import { StockService } from './stock/stock.service.js';
import { StockAlerts } from './stock/stock-alerts.js';
import { StockDiscrepancyStore } from './stock/stock-discrepancy.store.js';
import { StockLevelStore } from './stock/stock-level.store.js';
import { StockMovementLoader } from './stock/stock-movement.loader.js';
import { StockMovementStore } from './stock/stock-movement.store.js';

export interface CommerceOptions extends Omit<PaymentOptions, 'settings' | 'orders'> {
  /** Where mail is put down. */
  readonly outbox: Outbox;
  readonly settings: CommerceSettings;
  readonly payments: PaymentSettings;
}

export interface CommerceSettings {
  readonly carts: CartSettings;
  /** How long stock is kept for a cart. */
  readonly checkout: CheckoutTerms;
  readonly orders: UnpaidOrderSettings;
}

export interface Commerce extends Feature<RequestContext, Permission> {
  readonly belongings: UserBelongings;
  /** What becomes of a guest's cart and orders when they sign in. */
  readonly welcome: ShopperWelcome;
  /** For when the time zone of an organization changes. */
  readonly dayRecords: LocalDayRecords;
  readonly paying: Paying;
  readonly expiring: Expiring;
}

/** What the organization sells, how much there is of it, and who has bought it. */
export function createCommerce({
  outbox,
  settings,
  payments,
  ...options
}: CommerceOptions): Commerce {
  const { clock } = options;
  const categories = new CategoryStore();
  const products = new ProductStore();
  const alerts = new StockAlerts(outbox);
  const stock = new StockService({
    levels: new StockLevelStore(),
    movements: new StockMovementStore(),
    lowStock: new LowStockStore(),
    discrepancies: new StockDiscrepancyStore(),
    alerts,
  });
  const carts = createCarts({ clock, settings: settings.carts });
  const orders = createOrders({ alerts, outbox });
  const payment = createPayments({ ...options, settings: payments, orders: orders.payable });
  const ledger = new SalesLedger();
  orders.moves.onMovedBeforeStock((tx, moved) => payment.ofOrders.orderMoved(tx, moved));
  orders.moves.onMovedAfterStock((tx, moved) => ledger.orderMoved(tx, moved));
  return {
    welcome: guestArrival({ carts: carts.merge, orders: orders.ofGuests, ledger }),
    resolvers: [
      ...orders.resolvers,
      new CategoryResolver(new CategoryService(categories, products)),
      new ProductResolver(new ProductService(products, categories, alerts, clock)),
      new CategoryProductsResolver(),
      new ProductFacetsResolver(new ProductFacetsService(new ProductFacetsStore())),
      new CategoryFacetResolver(),
      new ProductStockResolver(),
      new StockLevelResolver(stock),
      new StockMovementResolver(stock),
      new StockDiscrepancyResolver(stock),
      ...carts.resolvers,
      ...createCheckout(settings.checkout, carts).resolvers,
      ...payment.resolvers,
      ...createSales().resolvers,
    ],
    dayRecords: ledger,
    nodes: [
      ...orders.nodes,
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
      {
        typeName: 'StockMovement',
        idPrefix: 'move',
        load: (ctx, id) => ctx.use(StockMovementLoader).byId.load(id),
      },
      ...carts.nodes,
      ...payment.nodes,
    ],
    routes: [
      productImportRoute(
        new ProductImportService(new ProductImportStore(), new StockImportStore(), alerts),
      ),
      productExportRoute(new ProductExportService(new ProductExportStore())),
    ],
    belongings: combinedBelongings([carts.belongings, orders.belongings]),
    signedRoutes: payment.signedRoutes,
    paying: payment.paying,
    expiring: createExpiring({ ...options, moves: orders.moves, settings: settings.orders }),
  };
}
