import type { GraphQLResolveInfo } from 'graphql';
import {
  Arg,
  Args,
  Authorized,
  Ctx,
  FieldResolver,
  ID,
  Info,
  Mutation,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import type { Permission, RequestContext } from '../../identity/index.js';
import {
  FilterArg,
  listDemand,
  OrderArg,
  PageArgs,
  toPageRequest,
} from '../../shared/graphql/index.js';
import { CategoryLoader } from '../category/category.loader.js';
import { Category } from '../category/category.type.js';
import { Money, shown } from '../money/money.type.js';
import {
  CreateProductInput,
  ProductFilter,
  ProductOrder,
  ProductVersionInput,
  UpdateProductInput,
} from './product.input.js';
import { productList } from './product.list.js';
import { ProductLoader } from './product.loader.js';
import type { ProductService } from './product.service.js';
import type { ListedProduct } from './product.store.js';
import { Product, ProductConnection } from './product.type.js';

@Resolver(() => Product)
export class ProductResolver {
  constructor(private readonly service: ProductService) {}

  @Authorized()
  @Query(() => Product, { nullable: true, description: 'One product, also a deleted one.' })
  product(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the product.' }) id: string,
  ) {
    return this.service.get(ctx, id);
  }

  @Authorized()
  @Query(() => Product, {
    nullable: true,
    description: 'The product with this SKU that is not deleted; null when there is none.',
  })
  productBySku(
    @Ctx() ctx: RequestContext,
    @Arg('sku', () => String, { description: 'To the letter: capitals count.' }) sku: string,
  ) {
    return this.service.findBySku(ctx, sku);
  }

  @Authorized()
  @Query(() => ProductConnection, { description: 'The products of the organization.' })
  products(
    @Ctx() ctx: RequestContext,
    @Args(() => PageArgs) page: PageArgs,
    @FilterArg(ProductFilter, 'products') filter: ProductFilter | null,
    @OrderArg(ProductOrder) orderBy: ProductOrder,
    @Info() info: GraphQLResolveInfo,
  ) {
    const list = productList(filter, orderBy, toPageRequest(page), listDemand(info));
    return this.service.list(ctx, list);
  }

  @Authorized<Permission>('catalog:write')
  @Mutation(() => Product, {
    nullable: true,
    description: 'Makes a product, with what there is of it.',
  })
  createProduct(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => CreateProductInput, { description: 'The new product.' })
    input: CreateProductInput,
  ) {
    return this.service.create(ctx, input);
  }

  @Authorized<Permission>('catalog:write')
  @Mutation(() => Product, { nullable: true, description: 'Changes a product.' })
  updateProduct(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => UpdateProductInput, { description: 'Which product, and what changes.' })
    input: UpdateProductInput,
  ) {
    return this.service.update(ctx, input);
  }

  @Authorized<Permission>('catalog:write')
  @Mutation(() => Product, {
    nullable: true,
    description:
      'Deletes a product; another one may have its SKU then. `restoreProduct` brings it back.',
  })
  deleteProduct(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => ProductVersionInput, { description: 'Which product.' })
    input: ProductVersionInput,
  ) {
    return this.service.delete(ctx, input);
  }

  @Authorized<Permission>('catalog:write')
  @Mutation(() => Product, {
    nullable: true,
    description: 'Brings back a deleted product, unless another one has its SKU.',
  })
  restoreProduct(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => ProductVersionInput, { description: 'Which product.' })
    input: ProductVersionInput,
  ) {
    return this.service.restore(ctx, input);
  }

  @FieldResolver(() => Money, { description: 'What one costs.' })
  price(@Root() { priceAmount: amount, currency }: ListedProduct) {
    return shown({ amount, currency });
  }

  @FieldResolver(() => Category, { nullable: true, description: 'Where it stands; null nowhere.' })
  category(@Ctx() ctx: RequestContext, @Root() { categoryId }: ListedProduct) {
    return categoryId === null ? null : ctx.use(CategoryLoader).byId.load(categoryId);
  }
}

/** `Category.products` */
@Resolver(() => Category)
export class CategoryProductsResolver {
  @FieldResolver(() => ProductConnection, {
    description:
      'The products of the category itself; `products(filter: { categoryId })` has those below it as well.',
  })
  products(
    @Ctx() ctx: RequestContext,
    @Root() category: { id: string },
    @Args(() => PageArgs) page: PageArgs,
    @FilterArg(ProductFilter, 'products') filter: ProductFilter | null,
    @OrderArg(ProductOrder) orderBy: ProductOrder,
    @Info() info: GraphQLResolveInfo,
  ) {
    const list = productList(filter, orderBy, toPageRequest(page), listDemand(info));
    return ctx.use(ProductLoader).ofCategory(category.id, list);
  }
}
