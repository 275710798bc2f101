import { Field, ID, InputType, Int } from 'type-graphql';
import { PublicId, Text } from '../../shared/graphql/index.js';
import { MOST_UNITS, Units } from './units.validator.js';

@InputType({ description: 'Units of a product that have come in.' })
export class ReceiveStockInput {
  @Field(() => ID, { description: 'Of which product.' })
  @PublicId('prod')
  productId!: string;

  @Field(() => Int, { description: 'How many, from 1 to 1,000,000,000.' })
  @Units({ min: 1 })
  quantity!: number;

  @Field({ defaultValue: '', description: 'At most 500 characters.' })
  @Text({ max: 500 })
  note!: string;
}

@InputType({
  description:
    'What is to be put right: either by how many units, or how many have been counted. Not both.',
})
export class CorrectStockInput {
  @Field(() => ID, { description: 'Of which product.' })
  @PublicId('prod')
  productId!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'Units that were found; negative for those that are missing. Not 0.',
  })
  @Units({ min: -MOST_UNITS, isNotZero: true })
  quantity?: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Units that are there, as somebody has counted, from 0 to 1,000,000,000. What is right already is left alone.',
  })
  @Units({ min: 0 })
  countedOnHand?: number | null;

  @Field({ defaultValue: '', description: 'At most 500 characters.' })
  @Text({ max: 500 })
  note!: string;
}

@InputType({ description: 'When a product is low in stock.' })
export class SetLowStockThresholdInput {
  @Field(() => ID, { description: 'Which product.' })
  @PublicId('prod')
  productId!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'With how many units or fewer, from 0 to 1,000,000,000; null: never.',
  })
  @Units({ min: 0 })
  threshold?: number | null;
}
