import type { GraphQLResolveInfo } from 'graphql';
import {
  Arg,
  Args,
  Authorized,
  Ctx,
  Extensions,
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
  type ListExtensions,
  listDemand,
  OrderArg,
  PageArgs,
  toPageRequest,
} from '../../shared/graphql/index.js';
import {
  CategoryFilter,
  CategoryOrder,
  CategoryVersionInput,
  CreateCategoryInput,
  MoveCategoryInput,
  UpdateCategoryInput,
} from './category.input.js';
import { categoryList } from './category.list.js';
import { CategoryLoader } from './category.loader.js';
import type { CategoryService } from './category.service.js';
import type { ListedCategory } from './category.store.js';
import { Category, CategoryConnection } from './category.type.js';
import { MOST_LEVELS } from './category-tree.js';

@Resolver(() => Category)
export class CategoryResolver {
  constructor(private readonly service: CategoryService) {}

  @Authorized()
  @Query(() => Category, { nullable: true, description: 'One category.' })
  category(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the category.' }) id: string,
  ) {
    return this.service.get(ctx, id);
  }

  @Authorized()
  @Query(() => CategoryConnection, { description: 'The categories of the organization.' })
  categories(
    @Ctx() ctx: RequestContext,
    @Args(() => PageArgs) page: PageArgs,
    @FilterArg(CategoryFilter, 'categories') filter: CategoryFilter | null,
    @OrderArg(CategoryOrder) orderBy: CategoryOrder,
    @Info() info: GraphQLResolveInfo,
  ) {
    const list = categoryList(filter, orderBy, toPageRequest(page), listDemand(info));
    return this.service.list(ctx, list);
  }

  @Authorized<Permission>('catalog:write')
  @Mutation(() => Category, { nullable: true, description: 'Makes a category.' })
  createCategory(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => CreateCategoryInput, { description: 'The new category.' })
    input: CreateCategoryInput,
  ) {
    return this.service.create(ctx, input);
  }

  @Authorized<Permission>('catalog:write')
  @Mutation(() => Category, { nullable: true, description: 'Changes a category.' })
  updateCategory(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => UpdateCategoryInput, { description: 'Which category, and what changes.' })
    input: UpdateCategoryInput,
  ) {
    return this.service.update(ctx, input);
  }

  @Authorized<Permission>('catalog:write')
  @Mutation(() => Category, {
    nullable: true,
    description:
      'Moves a category, with all that is below it, to another place in the tree. There are at most 10 levels.',
  })
  moveCategory(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => MoveCategoryInput, { description: 'Which category, and where to.' })
    input: MoveCategoryInput,
  ) {
    return this.service.move(ctx, input);
  }

  @Authorized<Permission>('catalog:write')
  @Mutation(() => Category, {
    nullable: true,
    description:
      'Removes a category for good, and returns it as it was. Its children and its products, deleted ones too, move up to its parent.',
  })
  removeCategory(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => CategoryVersionInput, { description: 'Which category.' })
    input: CategoryVersionInput,
  ) {
    return this.service.remove(ctx, input);
  }

  @FieldResolver(() => Category, {
    nullable: true,
    description: 'What it stands below; null at the top.',
  })
  parent(@Ctx() ctx: RequestContext, @Root() { parentId }: ListedCategory) {
    return parentId === null ? null : ctx.use(CategoryLoader).byId.load(parentId);
  }

  @FieldResolver(() => CategoryConnection, {
    description: 'What stands directly below it, in the order of the positions.',
  })
  children(
    @Ctx() ctx: RequestContext,
    @Root() category: ListedCategory,
    @Args(() => PageArgs) page: PageArgs,
    @Info() info: GraphQLResolveInfo,
  ) {
    const list = categoryList(null, CategoryOrder.default, toPageRequest(page), listDemand(info));
    return ctx.use(CategoryLoader).ofParent(category.id, list);
  }

  @Extensions({ mostRows: MOST_LEVELS - 1 } satisfies ListExtensions)
  @FieldResolver(() => [Category], {
    description: 'All that it stands below, from the top down to its parent.',
  })
  ancestors(@Ctx() ctx: RequestContext, @Root() { parentId }: ListedCategory) {
    return parentId === null ? [] : ctx.use(CategoryLoader).lineage.load(parentId);
  }
}
