import { Arg, Authorized, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../../identity/index.js';
import { FilterArg } from '../../shared/graphql/index.js';
import { CategoryLoader } from '../category/category.loader.js';
import { Category } from '../category/category.type.js';
import { ProductFilter } from './product.input.js';
import { productCriteria } from './product.list.js';
import type { CountedProducts, ProductFacetsService } from './product-facets.service.js';
import {
  ActiveFacet,
  CategoryFacet,
  CurrencyFacet,
  MetadataFacet,
  ProductFacets,
  StockFacet,
} from './product-facets.type.js';

@Resolver(() => ProductFacets)
export class ProductFacetsResolver {
  constructor(private readonly service: ProductFacetsService) {}

  @Authorized()
  @Query(() => ProductFacets, {
    description: 'How many products there are of each kind: what a list can be narrowed down by.',
  })
  productFacets(
    @Ctx() ctx: RequestContext,
    @FilterArg(ProductFilter, 'products') filter: ProductFilter | null,
  ) {
    return this.service.of(ctx, { filter, criteria: productCriteria(filter) });
  }

  @FieldResolver(() => [CategoryFacet], {
    description: 'By category, at most 200: those with the most products first.',
  })
  categories(
    @Root() products: CountedProducts,
    @Arg('withSubcategories', () => Boolean, {
      defaultValue: false,
      description:
        'Whether each counts with all that is below it: as many as the filter finds with its `categoryId`. Those are there then, too, in which products stand only further down.',
    })
    withSubcategories: boolean,
  ) {
    return products.byCategory({ withSubcategories });
  }

  @FieldResolver(() => [CurrencyFacet], {
    description: 'By currency, with the range of prices; the most frequent first.',
  })
  currencies(@Root() products: CountedProducts) {
    return products.byCurrency();
  }

  @FieldResolver(() => StockFacet, { description: 'Whether there is any of them.' })
  stock(@Root() products: CountedProducts) {
    return products.byStock();
  }

  @FieldResolver(() => ActiveFacet, { description: 'Whether they are for sale.' })
  active(@Root() products: CountedProducts) {
    return products.byActive();
  }

  @FieldResolver(() => [MetadataFacet], {
    description: 'By what their metadata has under a key: the 20 most frequent values.',
  })
  metadata(
    @Ctx() ctx: RequestContext,
    @Root() products: CountedProducts,
    @Arg('key', () => String, { description: 'At the top level. 1 to 200 characters.' })
    key: string,
  ) {
    return this.service.byMetadata(ctx, products, key);
  }
}

@Resolver(() => CategoryFacet)
export class CategoryFacetResolver {
  @FieldResolver(() => Category, {
    nullable: true,
    description: 'The category; null for products that stand in none.',
  })
  category(@Ctx() ctx: RequestContext, @Root() { categoryId }: { categoryId: string | null }) {
    return categoryId === null ? null : ctx.use(CategoryLoader).byId.load(categoryId);
  }
}
