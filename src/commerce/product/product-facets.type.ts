import { GraphQLJSON } from 'graphql-scalars';
import { Field, Int, ObjectType } from 'type-graphql';
import { CurrencyCode } from '../money/currency.type.js';
import { Money } from '../money/money.type.js';

@ObjectType({ description: 'How many products there are of each kind, under one filter.' })
export class ProductFacets {}

@ObjectType({ description: 'How many products stand in a category.', simpleResolvers: true })
export class CategoryFacet {
  @Field(() => Int, {
    description:
      'Those of the category itself; with `withSubcategories`, of what is below it as well.',
  })
  count!: number;
}

@ObjectType({ description: 'What products cost in one currency.', simpleResolvers: true })
export class CurrencyFacet {
  @Field(() => CurrencyCode, { description: 'Prices in this currency.' })
  currency!: string;

  @Field(() => Int, { description: 'How many products have such a price.' })
  count!: number;

  @Field(() => Money, { description: 'What the cheapest costs.' })
  min!: Money;

  @Field(() => Money, { description: 'What the dearest costs.' })
  max!: Money;
}

@ObjectType({ description: 'How many products are in stock.', simpleResolvers: true })
export class StockFacet {
  @Field(() => Int, { description: 'Products of which there is at least one.' })
  in!: number;

  @Field(() => Int, { description: 'Products of which there is none.' })
  out!: number;
}

@ObjectType({ description: 'How many products are for sale.', simpleResolvers: true })
export class ActiveFacet {
  @Field(() => Int, { description: 'Products that are for sale.' })
  active!: number;

  @Field(() => Int, { description: 'Products that are not.' })
  inactive!: number;
}

@ObjectType({
  description: 'How many products have a value in their metadata.',
  simpleResolvers: true,
})
export class MetadataFacet {
  @Field(() => GraphQLJSON, {
    nullable: true,
    description: 'The value, whatever its type; of a list, what is in it.',
  })
  value!: unknown;

  @Field({
    description:
      'Whether it is one of a list. A filter then asks for it as one: `{ sizes: ["M"] }`, and otherwise `{ colour: "red" }`.',
  })
  isListed!: boolean;

  @Field(() => Int, { description: 'How many products have this value.' })
  count!: number;
}
