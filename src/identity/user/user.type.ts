import { GraphQLEmailAddress } from 'graphql-scalars';
import { Extensions, Field, ObjectType, registerEnumType } from 'type-graphql';
import { connectionType, Node, type NodeExtensions } from '../../shared/graphql/index.js';

export enum UserRole {
  CUSTOMER = 'customer',
  VIEWER = 'viewer',
  MEMBER = 'member',
  ADMIN = 'admin',
  OWNER = 'owner',
  CUSTOM = 'custom',
}

registerEnumType(UserRole, {
  name: 'UserRole',
  description:
    'What a user may do in the organization. Of the roles that all organizations have, each includes the ones before it.',
  valuesConfig: {
    CUSTOMER: {
      description: 'Buys: sees what is for sale, and their own account, cart and orders.',
    },
    VIEWER: { description: 'Reads everything.' },
    MEMBER: { description: 'Writes tasks as well.' },
    ADMIN: { description: 'Writes projects and users as well.' },
    OWNER: { description: 'Does everything, and makes other owners.' },
    CUSTOM: {
      description:
        "Reads everything, and does what a role of the organization's own grants: `customRole`.",
    },
  },
});

@ObjectType({
  implements: Node,
  description: "A person's account in one organization.",
  simpleResolvers: true,
})
@Extensions({ idPrefix: 'user' } satisfies NodeExtensions)
export class User extends Node {
  @Field(() => GraphQLEmailAddress, { description: 'Unique within the organization.' })
  email!: string;

  @Field(() => Date, {
    nullable: true,
    description: 'Since when it is known that this person reads the mail of the address.',
  })
  emailVerifiedAt!: Date | null;

  @Field({ description: 'As the person wants to be called.' })
  name!: string;

  @Field(() => UserRole, {
    description: 'What this person may do.',
  })
  role!: string;

  @Field({ description: 'When the account was made.' })
  createdAt!: Date;

  @Field({ description: 'When the account was last changed.' })
  updatedAt!: Date;

  @Field(() => Date, {
    nullable: true,
    description: 'Since when this person may not sign in; null for who may.',
  })
  disabledAt!: Date | null;
}

export const UserConnection = connectionType('User', () => User);
