import { Field, ID, InputType } from 'type-graphql';
import { OrderDirection, orderType, PublicId, Text } from '../../shared/graphql/index.js';

@InputType({ description: 'A new key for a shop of the organization.' })
export class CreatePublishableKeyInput {
  @Field({ description: 'What it is for, such as the address of the shop. 1 to 100 characters.' })
  @Text({ min: 1, max: 100 })
  name!: string;
}

@InputType({ description: 'Which key ends.' })
export class RevokePublishableKeyInput {
  @Field(() => ID, { description: 'Id of the key.' })
  @PublicId('pub')
  id!: string;
}

export const PublishableKeyOrder = orderType('PublishableKeyOrder', {
  of: 'keys',
  by: { CREATED_AT: 'When the key was made.' },
  direction: OrderDirection.DESC,
});
export type PublishableKeyOrder = InstanceType<typeof PublishableKeyOrder>;
