import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../../identity/index.js';
import { CategoryLoader } from '../category/category.loader.js';
import { Category } from '../category/category.type.js';
import { Money, shown } from '../money/money.type.js';
import type { ProductRow } from './product.store.js';
import { Product } from './product.type.js';

@Resolver(() => Product)
export class ProductResolver {
  @FieldResolver(() => Money, { description: 'What one costs.' })
  price(@Root() { priceAmount: amount, currency }: ProductRow) {
    return shown({ amount, currency });
  }

  @FieldResolver(() => Category, { nullable: true, description: 'Where it stands; null nowhere.' })
  category(@Ctx() ctx: RequestContext, @Root() { categoryId }: ProductRow) {
    return categoryId === null ? null : ctx.use(CategoryLoader).byId.load(categoryId);
  }
}
