import { GraphQLSafeInt } from 'graphql-scalars';
import { Field, ObjectType } from 'type-graphql';
import { CurrencyCode } from './currency.type.js';
import { decimalOf, type Money as Sum } from './money.js';

@ObjectType({ description: 'A sum of money, exact.' })
export class Money {
  @Field(() => GraphQLSafeInt, {
    description: 'In minor units of the currency: 1250 are 12.50 EUR, or 1250 JPY.',
  })
  amount!: number;

  @Field(() => CurrencyCode, { description: 'Of what.' })
  currency!: string;

  @Field(() => String, {
    description: 'The same in major units, with as many decimals as the currency has: `12.50`.',
  })
  decimal!: string;
}

/** As the API shows it. */
export function shown(sum: Sum): Money {
  return { ...sum, decimal: decimalOf(sum) };
}
