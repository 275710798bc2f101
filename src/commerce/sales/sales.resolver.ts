import {
  Arg,
  Authorized,
  Ctx,
  Extensions,
  FieldResolver,
  ID,
  Int,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { type RequestContext, User, UserLoader } from '../../identity/index.js';
import { type ListExtensions, toPageRequest } from '../../shared/graphql/index.js';
import { encodeId } from '../../shared/ids.js';
import { DEFAULT_PAGE_SIZE } from '../../shared/page.js';
import { CategoryLoader } from '../category/category.loader.js';
import { Category } from '../category/category.type.js';
import { CurrencyCode } from '../money/currency.type.js';
import { ProductLoader } from '../product/product.loader.js';
import { Product } from '../product/product.type.js';
import { SalesInterval } from './local-days.js';
import { DayRangeInput, SalesGrouping, SalesRanking } from './sales.input.js';
import {
  type AskedReport,
  MOST_ROWS,
  type SalesRowParts,
  type SalesService,
} from './sales.service.js';
import {
  CartConversion,
  SalesFigures,
  SalesReport,
  SalesRow,
  StockTurnover,
} from './sales-report.type.js';

const RANGE = 'Which days.';
const CURRENCY = 'Orders in this currency alone: sums of different ones mean nothing.';

@Resolver()
export class SalesResolver {
  constructor(private readonly service: SalesService) {}

  @Authorized()
  @Query(() => SalesReport, {
    nullable: true,
    description: 'What was sold, by days of the time zone of the organization.',
  })
  salesReport(
    @Arg('range', () => DayRangeInput, { description: RANGE }) range: DayRangeInput,
    @Arg('currency', () => CurrencyCode, { description: CURRENCY }) currency: string,
    @Arg('groupBy', () => SalesGrouping, {
      defaultValue: SalesGrouping.DAY,
      description: 'What is told apart.',
    })
    groupBy: SalesGrouping,
    @Arg('interval', () => SalesInterval, {
      nullable: true,
      description:
        'What a row sums up. Not given: a day in a report by DAY, and all of the range in the others.',
    })
    interval: SalesInterval | null,
    @Arg('top', () => Int, {
      nullable: true,
      description:
        'How many products, categories or customers in each interval, 1 to 100: those with the highest net. 20 when not given.',
    })
    top: number | null,
    @Arg('categoryId', () => ID, {
      nullable: true,
      description:
        'In a report by PRODUCT or CATEGORY: what stood in this category, or stood in one that is below it now.',
    })
    categoryId: string | null,
  ): AskedReport {
    return this.service.report({
      range,
      currency,
      groupBy,
      interval: interval ?? null,
      top: top ?? DEFAULT_PAGE_SIZE,
      categoryId: categoryId ?? null,
    });
  }

  @Authorized()
  @Query(() => [SalesRow], {
    nullable: true,
    description: 'The products of which most was sold, each with its figures for all of the range.',
  })
  topProducts(
    @Ctx() ctx: RequestContext,
    @Arg('range', () => DayRangeInput, { description: RANGE }) range: DayRangeInput,
    @Arg('currency', () => CurrencyCode, { description: CURRENCY }) currency: string,
    @Arg('by', () => SalesRanking, {
      defaultValue: SalesRanking.NET,
      description: 'What counts.',
    })
    ranking: SalesRanking,
    @Arg('first', () => Int, {
      nullable: true,
      description: 'How many at most, 1 to 100; 20 when not given.',
    })
    first: number | null,
  ): Promise<SalesRowParts[]> {
    const most = toPageRequest({ first }).limit;
    return this.service.topProducts(ctx, { range, currency, ranking, most });
  }

  @Authorized()
  @Query(() => CartConversion, {
    nullable: true,
    description: 'How many of the carts that were opened in some days became orders.',
  })
  cartConversion(
    @Ctx() ctx: RequestContext,
    @Arg('range', () => DayRangeInput, { description: RANGE }) range: DayRangeInput,
  ): Promise<CartConversion> {
    return this.service.conversion(ctx, range);
  }

  @Authorized()
  @Query(() => StockTurnover, {
    nullable: true,
    description: 'How often the stock was sold in some days, of one product or of all.',
  })
  stockTurnover(
    @Ctx() ctx: RequestContext,
    @Arg('range', () => DayRangeInput, { description: RANGE }) range: DayRangeInput,
    @Arg('productId', () => ID, { nullable: true, description: 'Of this product; of all without.' })
    productId: string | null,
  ): Promise<StockTurnover> {
    return this.service.turnover(ctx, range, productId ?? null);
  }
}

@Resolver(() => SalesReport)
export class SalesReportResolver {
  constructor(private readonly service: SalesService) {}

  @FieldResolver(() => [SalesRow], {
    description:
      'In the order of time, and in each interval by net, the highest first. By DAY there is a row for each interval, also where nothing was sold; otherwise for what was sold or refunded. At most 400.',
  })
  @Extensions({ mostRows: MOST_ROWS } satisfies ListExtensions)
  rows(@Ctx() ctx: RequestContext, @Root() report: AskedReport): Promise<SalesRowParts[]> {
    return this.service.rows(ctx, report);
  }

  @FieldResolver(() => SalesFigures, {
    description: 'All that was sold in the range, whatever the rows tell apart.',
  })
  total(@Ctx() ctx: RequestContext, @Root() report: AskedReport): Promise<SalesFigures> {
    return this.service.total(ctx, report);
  }
}

@Resolver(() => SalesRow)
export class SalesRowResolver {
  @FieldResolver(() => Product, {
    nullable: true,
    description: 'The product, in a report by products; deleted ones as well.',
  })
  product(@Ctx() ctx: RequestContext, @Root() { by, key }: SalesRowParts) {
    return by === 'product' && key !== null ? ctx.use(ProductLoader).byId.load(key) : null;
  }

  @FieldResolver(() => Category, {
    nullable: true,
    description:
      'The category, in a report by categories; null also for one that was removed since.',
  })
  category(@Ctx() ctx: RequestContext, @Root() { by, key }: SalesRowParts) {
    return by === 'category' && key !== null ? ctx.use(CategoryLoader).byId.load(key) : null;
  }

  @FieldResolver(() => ID, {
    nullable: true,
    description:
      'Id of the category, in a report by categories. Null for products that stood in none.',
  })
  categoryId(@Root() { by, key }: SalesRowParts) {
    return by === 'category' && key !== null ? encodeId('cat', key) : null;
  }

  @FieldResolver(() => User, {
    nullable: true,
    description:
      'Who bought, in a report by customers; null also for a user who was removed since.',
  })
  customer(@Ctx() ctx: RequestContext, @Root() { by, key }: SalesRowParts) {
    return by === 'customer' && key !== null ? ctx.use(UserLoader).byId.load(key) : null;
  }

  @FieldResolver(() => ID, {
    nullable: true,
    description:
      'Id of who bought, in a report by customers. Null for all who had not signed in: they are one row.',
  })
  customerId(@Root() { by, key }: SalesRowParts) {
    return by === 'customer' && key !== null ? encodeId('user', key) : null;
  }
}
