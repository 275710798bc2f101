import { GraphQLSafeInt } from 'graphql-scalars';
import { Field, InputType } from 'type-graphql';
import { CurrencyCode } from './currency.type.js';
import { Price } from './price.validator.js';

@InputType({ description: 'What something costs.' })
export class PriceInput {
  @Field(() => GraphQLSafeInt, {
    description: 'In minor units of the currency, from 0 to 1,000,000,000: 1250 are 12.50 EUR.',
  })
  @Price()
  amount!: number;

  @Field(() => CurrencyCode, { description: 'Of what.' })
  currency!: string;
}
