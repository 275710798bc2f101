import type { RequestContext } from '../../identity/index.js';
import { badField, notFound } from '../../shared/errors.js';
import { decodeId } from '../../shared/ids.js';
import { MAX_PAGE_SIZE } from '../../shared/page.js';
import { meanOf } from '../money/mean.js';
import type { Money } from '../money/money.js';
import { shown } from '../money/money.type.js';
import { ProductLoader } from '../product/product.loader.js';
import type { CartConversionStore } from './cart-conversion.store.js';
import {
  type Bucket,
  bucketsOf,
  type DayRange,
  requireRange,
  SalesInterval,
} from './local-days.js';
import { SalesGrouping, SalesRanking } from './sales.input.js';
import type { Grouped, SalesReportStore, SalesSums } from './sales-report.store.js';
import type { CartConversion, SalesFigures, StockTurnover } from './sales-report.type.js';
import type { StockTurnoverStore } from './stock-turnover.store.js';

/** A year of days, and some; the cost of an operation counts with as many. */
export const MOST_ROWS = 400;

export interface SalesOptions {
  readonly reports: SalesReportStore;
  readonly carts: CartConversionStore;
  readonly turnover: StockTurnoverStore;
}

/** What a client asks of a report. */
export interface ReportRequest {
  range: DayRange;
  currency: string;
  groupBy: SalesGrouping;
  interval: SalesInterval | null;
  top: number;
  categoryId: string | null;
}

/** A report that can be made. */
export interface AskedReport {
  readonly range: DayRange;
  readonly currency: string;
  readonly buckets: readonly Bucket[];
  /** Null where nothing but time is told apart. */
  readonly groups: Grouped | null;
}

/** A row as it is resolved further; ids are UUIDs. */
export interface SalesRowParts extends SalesFigures {
  readonly start: string;
  readonly by: Grouped['by'] | null;
  readonly key: string | null;
}

export class SalesService {
  readonly #options: SalesOptions;

  constructor(options: SalesOptions) {
    this.#options = options;
  }

  /** @throws BAD_USER_INPUT for what would be too long, or makes no sense */
  report({ range, currency, groupBy, interval, top, categoryId }: ReportRequest): AskedReport {
    if (!(top >= 1 && top <= MAX_PAGE_SIZE)) {
      throw badField('top', `Must be from 1 to ${MAX_PAGE_SIZE}.`);
    }
    const isByTime = groupBy === SalesGrouping.DAY;
    const buckets = bucketsOf(
      requireRange(range),
      interval ?? (isByTime ? SalesInterval.DAY : null),
    );
    const rows = buckets.length * (isByTime ? 1 : top);
    if (rows > MOST_ROWS) {
      throw badField(
        'interval',
        `The report could have ${rows} rows; ${MOST_ROWS} are the most. Ask for a longer interval, a shorter range, or a smaller top.`,
      );
    }
    const ofCategory = categoryOf(groupBy, categoryId);
    const groups = isByTime
      ? null
      : { by: groupBy, ranking: SalesRanking.NET, most: top, ...ofCategory };
    return { range, currency, buckets, groups };
  }

  async rows(ctx: RequestContext, report: AskedReport): Promise<SalesRowParts[]> {
    const { currency, buckets, groups } = report;
    const { reports } = this.#options;
    const rows = await (groups
      ? reports.sumGroups(ctx.tx, currency, buckets, groups)
      : reports.sum(ctx.tx, currency, buckets));
    return rows.map((sums) => ({
      ...figuresOf(sums, currency),
      start: sums.start,
      by: groups?.by ?? null,
      key: sums.key,
    }));
  }

  /** All that was sold in the range, whatever the rows tell apart. */
  async total(ctx: RequestContext, { range, currency }: AskedReport): Promise<SalesFigures> {
    const [sums] = await this.#options.reports.sum(ctx.tx, currency, bucketsOf(range, null));
    return figuresOf(sums as SalesSums, currency);
  }

  /** @throws BAD_USER_INPUT */
  topProducts(
    ctx: RequestContext,
    of: { range: DayRange; currency: string; ranking: SalesRanking; most: number },
  ): Promise<SalesRowParts[]> {
    const { range, currency, ranking, most } = of;
    const buckets = bucketsOf(requireRange(range), null);
    return this.rows(ctx, { range, currency, buckets, groups: { by: 'product', ranking, most } });
  }

  /** @throws BAD_USER_INPUT */
  async conversion(ctx: RequestContext, range: DayRange): Promise<CartConversion> {
    const { opened, ordered } = await this.#options.carts.count(ctx.tx, requireRange(range));
    return { opened, ordered, rate: opened === 0 ? null : ordered / opened };
  }

  /** @throws NOT_FOUND, BAD_USER_INPUT */
  async turnover(
    ctx: RequestContext,
    range: DayRange,
    productId: string | null,
  ): Promise<StockTurnover> {
    const product = productId === null ? undefined : await requireProduct(ctx, productId);
    const row = await this.#options.turnover.find(ctx.tx, requireRange(range), product?.id);
    const averageOnHand = (row.onHandAtStart + row.onHandAtEnd) / 2;
    return {
      ...row,
      averageOnHand,
      turnover: averageOnHand === 0 ? null : row.unitsSold / averageOnHand,
    };
  }
}

function categoryOf(groupBy: SalesGrouping, id: string | null): { categoryId?: string } {
  if (id === null) return {};
  if (groupBy !== SalesGrouping.PRODUCT && groupBy !== SalesGrouping.CATEGORY) {
    throw badField('categoryId', 'Narrows a report by PRODUCT or CATEGORY only.');
  }
  return { categoryId: decodeId('cat', id, 'categoryId') };
}

/** Deleted ones as well: they were sold. */
async function requireProduct(ctx: RequestContext, id: string) {
  const product = await ctx.use(ProductLoader).byId.load(decodeId('prod', id, 'productId'));
  if (!product) throw notFound(id);
  return product;
}

function figuresOf(sums: SalesSums, currency: string): SalesFigures {
  const [orders, units] = [exact(sums.orders), exact(sums.units)];
  const gross: Money = { amount: exact(sums.gross), currency };
  const refunded = exact(sums.refunded);
  const average = meanOf(gross, orders);
  return {
    orders,
    units,
    gross: shown(gross),
    refundedOrders: exact(sums.refundedOrders),
    refundedUnits: exact(sums.refundedUnits),
    refunded: shown({ amount: refunded, currency }),
    net: shown({ amount: gross.amount - refunded, currency }),
    averageOrderValue: average && shown(average),
  };
}

/** @throws BAD_USER_INPUT for a sum that would not be told to the unit */
function exact(digits: string): number {
  const sum = Number(digits);
  if (Number.isSafeInteger(sum)) return sum;
  throw badField('range', 'More was sold than can be told exactly. Ask for a shorter range.');
}
