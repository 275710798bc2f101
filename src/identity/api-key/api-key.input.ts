import { Field, ID, InputType } from 'type-graphql';
import { Moment, OrderDirection, orderType, PublicId, Text } from '../../shared/graphql/index.js';

@InputType({ description: 'A new key that acts for the caller.' })
export class CreateApiKeyInput {
  @Field({ description: 'What it is for. 1 to 100 characters.' })
  @Text({ min: 1, max: 100 })
  name!: string;

  @Field(() => [String], {
    defaultValue: [],
    description:
      'What it may do beyond reading: permissions that the caller holds, such as `tasks:write`. None without.',
  })
  permissions!: string[];

  @Field(() => Date, {
    nullable: true,
    description: 'When it ends, in the future; without, it does not end by itself.',
  })
  @Moment()
  expiresAt?: Date | null;
}

@InputType({ description: 'Which key ends.' })
export class RevokeApiKeyInput {
  @Field(() => ID, { description: 'Id of the key.' })
  @PublicId('key')
  id!: string;
}

@InputType({ description: 'Which keys a list shows. All conditions that are given must hold.' })
export class ApiKeyFilter {
  @Field(() => ID, { nullable: true, description: 'Acting for this user.' })
  @PublicId('user')
  userId?: string | null;
}

export const ApiKeyOrder = orderType('ApiKeyOrder', {
  of: 'keys',
  by: { CREATED_AT: 'When the key was made.' },
  direction: OrderDirection.DESC,
});
export type ApiKeyOrder = InstanceType<typeof ApiKeyOrder>;
