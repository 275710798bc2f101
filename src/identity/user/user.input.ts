import { GraphQLEmailAddress } from 'graphql-scalars';
import { Field, InputType, registerEnumType } from 'type-graphql';
import { OrderDirection, Text } from '../../shared/graphql/index.js';
import { UserRole } from './user.type.js';

@InputType({ description: 'A new account in the organization of the caller.' })
export class CreateUserInput {
  @Field(() => GraphQLEmailAddress, {
    description: 'For signing in. Upper and lower case are the same.',
  })
  @Text({ max: 254 })
  email!: string;

  @Field({ description: '1 to 120 characters.' })
  @Text({ min: 1, max: 120 })
  name!: string;

  @Field(() => UserRole, { description: 'Only an owner makes other owners.' })
  role!: UserRole;

  @Field({ description: '12 to 128 characters.' })
  @Text({ min: 12, max: 128 })
  password!: string;
}

export enum UserOrderField {
  CREATED_AT = 'CREATED_AT',
  NAME = 'NAME',
}

registerEnumType(UserOrderField, {
  name: 'UserOrderField',
  description: 'What a list of users can be ordered by.',
  valuesConfig: {
    CREATED_AT: { description: 'When the account was made.' },
    NAME: { description: 'The name.' },
  },
});

@InputType({ description: 'The order of a list of users.' })
export class UserOrder {
  @Field(() => UserOrderField, { description: 'What to order by.' })
  field!: UserOrderField;

  @Field(() => OrderDirection, {
    defaultValue: OrderDirection.ASC,
    description: 'Which end first.',
  })
  direction!: OrderDirection;
}

@InputType({ description: 'Which users a list shows. All conditions that are given must hold.' })
export class UserFilter {
  @Field(() => [UserRole], { nullable: true, description: 'Having one of these roles.' })
  role?: UserRole[] | null;
}
