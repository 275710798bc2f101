import { GraphQLEmailAddress } from 'graphql-scalars';
import { Field, ID, InputType } from 'type-graphql';
import { OrderDirection, orderType, PublicId, Text } from '../../shared/graphql/index.js';
import { TokenDelivery } from '../session/session.input.js';
import { NewPassword } from '../user/new-password.field.js';
import { UserRole } from '../user/user.type.js';

@InputType({ description: 'Who is asked to join the organization of the caller.' })
export class InviteUserInput {
  @Field(() => GraphQLEmailAddress, {
    description: 'Where the mail goes, and what the account is signed in to with.',
  })
  @Text({ max: 254 })
  email!: string;

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
}

@InputType({ description: 'Which invitation is sent again.' })
export class ResendInvitationInput {
  @Field(() => ID, { description: 'Id of the invitation.' })
  @PublicId('inv')
  invitationId!: string;
}

@InputType({ description: 'Which invitation is taken back.' })
export class RevokeInvitationInput {
  @Field(() => ID, { description: 'Id of the invitation.' })
  @PublicId('inv')
  invitationId!: string;
}

@InputType({ description: 'Who joins an organization, invited by mail.' })
export class AcceptInvitationInput {
  // No rules for its length: whatever is wrong with a token gets the same answer.
  @Field({ description: 'The token of the link in the mail; good once.' })
  token!: string;

  @Field({ description: '1 to 120 characters.' })
  @Text({ min: 1, max: 120 })
  name!: string;

  @NewPassword()
  password!: string;

  @Field(() => TokenDelivery, {
    defaultValue: TokenDelivery.BODY,
    description: 'How the tokens come back.',
  })
  delivery!: TokenDelivery;
}

@InputType({
  description: 'Which invitations a list shows. All conditions that are given must hold.',
})
export class InvitationFilter {
  @Field(() => Boolean, {
    nullable: true,
    description: 'With a link that has expired, when true; that is still good, when false.',
  })
  isExpired?: boolean | null;
}

export const InvitationOrder = orderType('InvitationOrder', {
  of: 'invitations',
  by: { CREATED_AT: 'When the invitation was made.' },
  direction: OrderDirection.DESC,
});
export type InvitationOrder = InstanceType<typeof InvitationOrder>;
