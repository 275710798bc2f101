import { Extensions, Field, Int, ObjectType } from 'type-graphql';
import { connectionType, Node, type NodeExtensions, WebUrl } from '../../shared/graphql/index.js';
import { UserRole } from '../user/user.type.js';

@ObjectType({ description: 'A claim that a token must have.', simpleResolvers: true })
export class RequiredClaim {
  @Field({ description: 'Name of the claim.' })
  claim!: string;

  @Field({ description: 'What it must say, to the letter.' })
  value!: string;
}

@ObjectType({ description: 'What one value of the role claim means here.', simpleResolvers: true })
export class RoleMapping {
  @Field({ description: 'The value, such as the name of a group.' })
  value!: string;

  @Field(() => UserRole, { description: 'The role that it gives.' })
  role!: UserRole;
}

@ObjectType({
  implements: Node,
  description: 'An OpenID Connect issuer whose tokens the organization trusts.',
  simpleResolvers: true,
})
@Extensions({ idPrefix: 'idp' } satisfies NodeExtensions)
export class IdentityProvider extends Node {
  @Field({ description: 'As it is shown to people.' })
  name!: string;

  @Field(() => WebUrl, { description: 'What `iss` of its tokens says, to the letter.' })
  issuer!: string;

  @Field({ description: 'What `aud` of its tokens names.' })
  audience!: string;

  @Field(() => WebUrl, {
    nullable: true,
    description: 'Where its keys are; null where its discovery document tells.',
  })
  jwksUrl!: string | null;

  @Field({ description: 'The claim with the e-mail address of a new account.' })
  emailClaim!: string;

  @Field({ description: 'The claim with the name of a new account.' })
  nameClaim!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The claim that tells the role of a new account; null where there is none.',
  })
  roleClaim!: string | null;

  @Field(() => UserRole, {
    nullable: true,
    description:
      'The role of a new account for which the role claim says none. Null where such accounts are not made.',
  })
  defaultRole!: string | null;

  @Field({
    description:
      'Whether a verified e-mail address finds the account that has it already, whoever made that.',
  })
  linkByEmail!: boolean;

  @Field({ description: 'Whether its tokens are taken.' })
  enabled!: boolean;

  @Field(() => Int, { description: 'Counts the updates; send it along with the next one.' })
  version!: number;

  @Field({ description: 'When it was made.' })
  createdAt!: Date;

  @Field({ description: 'When it was last changed.' })
  updatedAt!: Date;
}

export const IdentityProviderConnection = connectionType(
  'IdentityProvider',
  () => IdentityProvider,
);
