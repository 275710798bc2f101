import { Field, ID, InputType } from 'type-graphql';
import { PublicId, Text } from '../../shared/graphql/index.js';
import { IdempotencyKey } from '../order/idempotency-key.validator.js';

@InputType({ description: 'How an order is to be paid. The amount is the total of the order.' })
export class PayOrderInput {
  @Field(() => ID, { description: 'Which order.' })
  @PublicId('order')
  orderId!: string;

  @Field({
    description:
      'What the provider takes the money from: what its own page or script has given to the buyer, and no number of a card. At most 500 characters. The local provider takes `local-card-ok`, `local-card-declined` and `local-card-slow`.',
  })
  @Text({ min: 1, max: 500 })
  source!: string;

  @Field({
    description:
      'Names this attempt, such as a UUID: 1 to 200 ASCII letters, digits and signs. Sent again, it gives the payment that it has made before. Another attempt takes another one.',
  })
  @IdempotencyKey()
  idempotencyKey!: string;
}
