import { ValidateNested } from 'class-validator';
import { GraphQLJSONObject, GraphQLSafeInt } from 'graphql-scalars';
import { Field, ID, InputType, Int } from 'type-graphql';
import { NotNull, OrderDirection, orderType, PublicId, Text } from '../../shared/graphql/index.js';
import { CurrencyCode } from '../money/currency.type.js';
import { PriceInput } from '../money/money.input.js';
import { Price } from '../money/price.validator.js';
import { Units } from '../stock/units.validator.js';
import { Metadata } from './metadata.validator.js';
import { Sku } from './sku.validator.js';

const METADATA =
  'An object of at most 10,000 bytes as JSON, at most 5 levels deep. Customers and guests see all of it.';
const SKU =
  'Unique among the products that are not deleted: 1 to 64 ASCII letters, digits and signs, without spaces.';

@InputType({ description: 'A new product.' })
export class CreateProductInput {
  @Field({ description: SKU })
  @Sku()
  sku!: string;

  @Field({ description: '1 to 200 characters.' })
  @Text({ min: 1, max: 200 })
  name!: string;

  @Field({ defaultValue: '', description: 'At most 10,000 characters.' })
  @Text({ max: 10_000 })
  description!: string;

  @Field(() => PriceInput, { description: 'What one costs.' })
  @ValidateNested()
  price!: PriceInput;

  @Field(() => ID, { nullable: true, description: 'Id of the category that it stands in.' })
  @PublicId('cat')
  categoryId?: string | null;

  @Field({ defaultValue: true, description: 'Whether it is for sale.' })
  active!: boolean;

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description: `${METADATA} Empty when not given.`,
  })
  @Metadata()
  metadata?: Record<string, unknown> | null;

  @Field(() => Int, {
    defaultValue: 0,
    description:
      'How many there are, 0 to 1,000,000,000: received with the first movement of its stock.',
  })
  @Units({ min: 0 })
  initialStock!: number;

  @Field(() => Int, {
    nullable: true,
    description:
      'With so many or fewer it is low in stock, 0 to 1,000,000,000; null where nobody wants to know.',
  })
  @Units({ min: 0 })
  lowStockThreshold?: number | null;
}

@InputType({ description: 'A change to a product. What is left out stays as it is.' })
export class UpdateProductInput {
  @Field(() => ID, { description: 'Which product.' })
  @PublicId('prod')
  id!: string;

  @Field(() => Int, { description: 'The version that was read; a stale one is refused.' })
  version!: number;

  @Field(() => String, { nullable: true, description: SKU })
  @NotNull()
  @Sku()
  sku?: string;

  @Field(() => String, { nullable: true, description: '1 to 200 characters.' })
  @NotNull()
  @Text({ min: 1, max: 200 })
  name?: string;

  @Field(() => String, { nullable: true, description: 'At most 10,000 characters.' })
  @NotNull()
  @Text({ max: 10_000 })
  description?: string;

  @Field(() => PriceInput, { nullable: true, description: 'What one costs.' })
  @NotNull()
  @ValidateNested()
  price?: PriceInput;

  @Field(() => ID, {
    nullable: true,
    description: 'Id of the category that it is to stand in; null for none.',
  })
  @PublicId('cat')
  categoryId?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether it is for sale.' })
  @NotNull()
  active?: boolean;

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description: `Takes the place of all that was there. ${METADATA}`,
  })
  @NotNull()
  @Metadata()
  metadata?: Record<string, unknown>;
}

@InputType({ description: 'Which product, in the state that was read.' })
export class ProductVersionInput {
  @Field(() => ID, { description: 'Which product.' })
  @PublicId('prod')
  id!: string;

  @Field(() => Int, { description: 'The version that was read; a stale one is refused.' })
  version!: number;
}

export const ProductOrder = orderType('ProductOrder', {
  of: 'products',
  by: {
    CREATED_AT: 'When the product was made; the newest first.',
    NAME: 'The name; A first.',
    PRICE:
      'The amount in minor units, whatever the currency: narrow it down to one. The cheapest first.',
    BEST_SELLING: 'How many were sold and not returned; the most first.',
    RELEVANCE: 'How well it fits `filter.text`, which must be given; the best first.',
  },
  direction: {
    CREATED_AT: OrderDirection.DESC,
    NAME: OrderDirection.ASC,
    PRICE: OrderDirection.ASC,
    BEST_SELLING: OrderDirection.DESC,
    RELEVANCE: OrderDirection.DESC,
  },
});
export type ProductOrder = InstanceType<typeof ProductOrder>;

@InputType({ description: 'A range of prices in one currency, both ends included.' })
export class PriceRange {
  @Field(() => CurrencyCode, { description: 'Prices in this currency.' })
  currency!: string;

  @Field(() => GraphQLSafeInt, { nullable: true, description: 'At least this, in minor units.' })
  @Price()
  min?: number | null;

  @Field(() => GraphQLSafeInt, { nullable: true, description: 'At most this, in minor units.' })
  @Price()
  max?: number | null;
}

@InputType({ description: 'Which products a list shows. All conditions that are given must hold.' })
export class ProductFilter {
  @Field(() => ID, { nullable: true, description: 'In this category, or in one below it.' })
  @PublicId('cat')
  categoryId?: string | null;

  @Field(() => PriceRange, { nullable: true, description: 'Costing this much.' })
  @ValidateNested()
  price?: PriceRange | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'true: there is at least one of it. false: there is none.',
  })
  inStock?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether for sale.' })
  active?: boolean | null;

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description:
      'Having all of this in its metadata: `{ colour: "red" }`. Of a list, some items; of an object, some fields.',
  })
  @Metadata()
  metadata?: Record<string, unknown> | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Having these words in name, SKU or description, in the syntax of a web search: "quoted phrases", or, -without.',
  })
  @Text({ min: 1, max: 200 })
  text?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'true: deleted ones alone. Without, or false: those that are not.',
  })
  deleted?: boolean | null;
}
