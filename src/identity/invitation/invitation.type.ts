import { GraphQLEmailAddress } from 'graphql-scalars';
import { Extensions, Field, ObjectType } from 'type-graphql';
import { connectionType, Node, type NodeExtensions } from '../../shared/graphql/index.js';
import { UserRole } from '../user/user.type.js';

@ObjectType({
  implements: Node,
  description: 'Somebody who was asked to join the organization, and has not yet.',
  simpleResolvers: true,
})
@Extensions({ idPrefix: 'inv' } satisfies NodeExtensions)
export class Invitation extends Node {
  @Field(() => GraphQLEmailAddress, {
    description: 'Where the mail went; unique within the organization.',
  })
  email!: string;

  @Field(() => UserRole, { description: 'The role that the account is to have.' })
  role!: string;

  @Field({ description: 'When the invitation was made.' })
  createdAt!: Date;

  @Field({ description: 'When the mail was sent last.' })
  lastSentAt!: Date;

  @Field({ description: 'Until when the link in that mail is good.' })
  expiresAt!: Date;
}

export const InvitationConnection = connectionType('Invitation', () => Invitation);
