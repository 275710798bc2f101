import {
  Arg,
  Args,
  Authorized,
  Ctx,
  FieldResolver,
  ID,
  Int,
  Mutation,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import {
  type Permission,
  type RequestContext,
  requireStaff,
  User,
  UserLoader,
} from '../../identity/index.js';
import { FilterArg, OrderArg, PageArgs, toPageRequest } from '../../shared/graphql/index.js';
import { encodeId } from '../../shared/ids.js';
import { ProductLoader } from '../product/product.loader.js';
import { Product, ProductConnection } from '../product/product.type.js';
import { CorrectStockInput, ReceiveStockInput, SetLowStockThresholdInput } from './stock.input.js';
import type { StockService } from './stock.service.js';
import type { StockDiscrepancyRow } from './stock-discrepancy.store.js';
import { StockDiscrepancy } from './stock-discrepancy.type.js';
import { StockLevelLoader } from './stock-level.loader.js';
import type { StockLevelRow } from './stock-level.store.js';
import { StockLevel } from './stock-level.type.js';
import { StockMovementFilter, StockMovementOrder } from './stock-movement.input.js';
import { stockMovementList } from './stock-movement.list.js';
import { StockMovementLoader } from './stock-movement.loader.js';
import type { StockMovementRow } from './stock-movement.store.js';
import { StockMovement, StockMovementConnection } from './stock-movement.type.js';

@Resolver(() => StockMovement)
export class StockMovementResolver {
  constructor(private readonly service: StockService) {}

  @Authorized()
  @Query(() => StockMovementConnection, {
    description: 'The ledger: all that came into stock and went out of it, newest first.',
  })
  stockMovements(
    @Ctx() ctx: RequestContext,
    @Args(() => PageArgs) page: PageArgs,
    @FilterArg(StockMovementFilter, 'movements') filter: StockMovementFilter | null,
    @OrderArg(StockMovementOrder) orderBy: StockMovementOrder,
  ) {
    return this.service.ledger(ctx, stockMovementList(filter, orderBy, toPageRequest(page)));
  }

  @Authorized<Permission>('stock:write')
  @Mutation(() => Product, { nullable: true, description: 'Takes units of a product into stock.' })
  receiveStock(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => ReceiveStockInput, { description: 'What has come, and how much.' })
    input: ReceiveStockInput,
  ) {
    return this.service.receive(ctx, input);
  }

  @Authorized<Permission>('stock:write')
  @Mutation(() => Product, {
    nullable: true,
    description:
      'Puts right how much there is of a product. Where there is less than is to go: INSUFFICIENT_STOCK, with what there is.',
  })
  correctStock(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => CorrectStockInput, { description: 'What is to be put right, and how.' })
    input: CorrectStockInput,
  ) {
    return this.service.correct(ctx, input);
  }

  @FieldResolver(() => Product, { description: 'What came, or went.' })
  product(@Ctx() ctx: RequestContext, @Root() { productId }: StockMovementRow) {
    return ctx.use(ProductLoader).byId.load(productId);
  }

  @FieldResolver(() => ID, {
    nullable: true,
    description: 'Id of the user who did it; null for what nobody did.',
  })
  actorId(@Root() { actorId }: StockMovementRow) {
    return actorId && encodeId('user', actorId);
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: 'Who did it; null also for a user who was removed since.',
  })
  actor(@Ctx() ctx: RequestContext, @Root() { actorId }: StockMovementRow) {
    return actorId && ctx.use(UserLoader).byId.load(actorId);
  }
}

@Resolver(() => StockLevel)
export class StockLevelResolver {
  constructor(private readonly service: StockService) {}

  @Authorized()
  @Query(() => ProductConnection, {
    description:
      'What has to be ordered: products that are low in stock, the longest low first. Not those that are deleted or not active.',
  })
  lowStockProducts(@Ctx() ctx: RequestContext, @Args(() => PageArgs) page: PageArgs) {
    return this.service.lowStock(ctx, toPageRequest(page));
  }

  @Authorized<Permission>('stock:write')
  @Mutation(() => Product, {
    nullable: true,
    description: 'Says from how many units down a product is low in stock.',
  })
  setLowStockThreshold(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => SetLowStockThresholdInput, { description: 'Which product, and when.' })
    input: SetLowStockThresholdInput,
  ) {
    return this.service.setThreshold(ctx, input);
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description:
      'With this many units or fewer, the product is low in stock; null where nobody wants to know. Not for customers.',
  })
  lowStockThreshold(@Ctx() ctx: RequestContext, @Root() { lowStockThreshold }: StockLevelRow) {
    requireStaff(ctx);
    return lowStockThreshold;
  }

  @FieldResolver(() => Date, {
    nullable: true,
    description:
      'Since when it has been low in stock without a break; null while it is not. Not for customers.',
  })
  lowSince(@Ctx() ctx: RequestContext, @Root() { lowSince }: StockLevelRow) {
    requireStaff(ctx);
    return lowSince;
  }

  @FieldResolver(() => Boolean, {
    description: 'Whether the product is low in stock. Not for customers.',
  })
  isLow(@Ctx() ctx: RequestContext, @Root() { lowSince }: StockLevelRow) {
    requireStaff(ctx);
    return lowSince !== null;
  }
}

@Resolver(() => StockDiscrepancy)
export class StockDiscrepancyResolver {
  constructor(private readonly service: StockService) {}

  @Authorized<Permission>('stock:write')
  @Query(() => [StockDiscrepancy], {
    description:
      'Holds the stock against its ledger: products of which there is not what their movements come to. There should be none.',
  })
  stockDiscrepancies(
    @Ctx() ctx: RequestContext,
    @Arg('first', () => Int, {
      nullable: true,
      description: 'How many at most, 1 to 100; 20 when not given.',
    })
    first: number | null,
  ) {
    return this.service.discrepancies(ctx, toPageRequest({ first }).limit);
  }

  @FieldResolver(() => Product, { description: 'Which product.' })
  product(@Ctx() ctx: RequestContext, @Root() { productId }: StockDiscrepancyRow) {
    return ctx.use(ProductLoader).byId.load(productId);
  }
}

/** `Product.stock` and `Product.stockMovements` */
@Resolver(() => Product)
export class ProductStockResolver {
  @FieldResolver(() => StockLevel, { description: 'How much there is of it.' })
  stock(@Ctx() ctx: RequestContext, @Root() product: { id: string }) {
    return ctx.use(StockLevelLoader).byId.load(product.id);
  }

  @FieldResolver(() => StockMovementConnection, {
    description: 'Its ledger: what came into stock and went out of it, newest first.',
  })
  stockMovements(
    @Ctx() ctx: RequestContext,
    @Root() product: { id: string },
    @Args(() => PageArgs) page: PageArgs,
    @FilterArg(StockMovementFilter, 'movements') filter: StockMovementFilter | null,
    @OrderArg(StockMovementOrder) orderBy: StockMovementOrder,
  ) {
    const list = stockMovementList(filter, orderBy, toPageRequest(page));
    return ctx.use(StockMovementLoader).ofProduct(product.id, list);
  }
}
