import { GraphQLEmailAddress } from 'graphql-scalars';
import { Field, ID, InputType } from 'type-graphql';
import { OrderDirection, orderType, PublicId, Text } from '../../shared/graphql/index.js';
import { NewPassword } from './new-password.field.js';
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

  @Field(() => UserRole, {
    nullable: true,
    description:
      'One of the roles that all organizations have; or else `customRoleId`. Only an owner makes other owners.',
  })
  role?: UserRole | null;

  @Field(() => ID, {
    nullable: true,
    description:
      "Id of a role of the organization's own; or else `role`. Nobody gives what they don't have.",
  })
  @PublicId('role')
  customRoleId?: string | null;

  @NewPassword()
  password!: string;
}

@InputType({ description: "A change to the caller's own account." })
export class UpdateProfileInput {
  @Field({ description: '1 to 120 characters.' })
  @Text({ min: 1, max: 120 })
  name!: string;
}

@InputType({ description: 'A new password for the caller, who knows the old one.' })
export class ChangePasswordInput {
  @Field({ description: 'The password as it is now.' })
  @Text({ min: 1, max: 128 })
  currentPassword!: string;

  @NewPassword()
  newPassword!: string;
}

@InputType({ description: 'Whose role changes, and to what.' })
export class ChangeUserRoleInput {
  @Field(() => ID, { description: 'Id of the user.' })
  @PublicId('user')
  userId!: string;

  @Field(() => UserRole, {
    nullable: true,
    description:
      'One of the roles that all organizations have; or else `customRoleId`. Only an owner makes other owners, or unmakes them.',
  })
  role?: UserRole | null;

  @Field(() => ID, {
    nullable: true,
    description:
      "Id of a role of the organization's own; or else `role`. Nobody gives or takes away what they don't have.",
  })
  @PublicId('role')
  customRoleId?: string | null;
}

@InputType({ description: 'Whose account is kept out.' })
export class DisableUserInput {
  @Field(() => ID, { description: 'Id of the user. Nobody disables themselves.' })
  @PublicId('user')
  userId!: string;
}

@InputType({ description: 'Whose sessions end.' })
export class SignOutUserInput {
  @Field(() => ID, { description: 'Id of the user.' })
  @PublicId('user')
  userId!: string;
}

@InputType({ description: 'Whose account is let in again.' })
export class EnableUserInput {
  @Field(() => ID, { description: 'Id of the user.' })
  @PublicId('user')
  userId!: string;
}

@InputType({ description: 'Whose account goes, and who takes over.' })
export class RemoveUserInput {
  @Field(() => ID, { description: 'Id of the user. Nobody removes themselves.' })
  @PublicId('user')
  userId!: string;

  @Field(() => ID, {
    nullable: true,
    description:
      'Id of the user who gets the projects. Can be left out when there are none, not even deleted ones.',
  })
  @PublicId('user')
  newOwnerId?: string | null;
}

export const UserOrder = orderType('UserOrder', {
  of: 'users',
  by: {
    CREATED_AT: 'When the account was made.',
    NAME: 'The name.',
  },
  direction: OrderDirection.ASC,
});
export type UserOrder = InstanceType<typeof UserOrder>;

@InputType({ description: 'Which users a list shows. All conditions that are given must hold.' })
export class UserFilter {
  @Field(() => [UserRole], { nullable: true, description: 'Having one of these roles.' })
  role?: UserRole[] | null;

  @Field(() => ID, { nullable: true, description: "Having this role of the organization's own." })
  @PublicId('role')
  customRoleId?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Disabled, when true; able to sign in, when false.',
  })
  isDisabled?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: 'With this in the name or the e-mail address, in upper or lower case.',
  })
  @Text({ min: 1, max: 120 })
  search?: string | null;
}
