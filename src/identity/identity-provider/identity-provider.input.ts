import { Field, ID, InputType, Int } from 'type-graphql';
import {
  NotNull,
  OrderDirection,
  orderType,
  PublicId,
  Text,
  WebUrl,
} from '../../shared/graphql/index.js';
import { UserRole } from '../user/user.type.js';

@InputType({ description: 'A claim that a token must have.' })
export class RequiredClaimInput {
  @Field({ description: 'Name of the claim: 1 to 200 characters.' })
  claim!: string;

  @Field({ description: 'What it must say, to the letter: 1 to 500 characters.' })
  value!: string;
}

@InputType({ description: 'What one value of the role claim means here.' })
export class RoleMappingInput {
  @Field({ description: 'The value, such as the name of a group: 1 to 200 characters.' })
  value!: string;

  @Field(() => UserRole, { description: 'The role that it gives. Only an owner maps to owners.' })
  role!: UserRole;
}

const REQUIRED_CLAIMS =
  'Claims that a token must have, at most 20. Where others get tokens of the same issuer for the same audience, such as another organization, they tell yours from theirs.';
const JWKS_URL = 'Where its keys are. Without one its discovery document tells.';
const EMAIL_CLAIM =
  'The claim with the e-mail address of a new account. The claim of this name with `_verified` behind it must be true.';
const NAME_CLAIM = 'The claim with the name of a new account.';
const ROLE_CLAIM =
  'The claim that tells the role of a new account: a name, or names with dots between them for a claim within a claim.';
const ROLE_MAPPING =
  'What the values of the role claim mean, at most 50. Where several hold, the highest role counts.';
const DEFAULT_ROLE =
  'The role of a new account for which the role claim says none. Without one such accounts are not made.';
const LINK_BY_EMAIL =
  'Whether a verified e-mail address finds the account that has it already. Only for an issuer that you trust with every account.';

@InputType({ description: 'An issuer to trust.' })
export class CreateIdentityProviderInput {
  @Field({ description: '1 to 120 characters.' })
  @Text({ min: 1, max: 120 })
  name!: string;

  @Field(() => WebUrl, { description: 'What `iss` of its tokens says, to the letter.' })
  issuer!: string;

  @Field({ description: 'What `aud` of its tokens names: 1 to 500 characters.' })
  @Text({ min: 1, max: 500 })
  audience!: string;

  @Field(() => WebUrl, { nullable: true, description: JWKS_URL })
  jwksUrl?: string | null;

  @Field(() => [RequiredClaimInput], { defaultValue: [], description: REQUIRED_CLAIMS })
  requiredClaims!: RequiredClaimInput[];

  @Field({ defaultValue: 'email', description: EMAIL_CLAIM })
  @Text({ min: 1, max: 200 })
  emailClaim!: string;

  @Field({ defaultValue: 'name', description: NAME_CLAIM })
  @Text({ min: 1, max: 200 })
  nameClaim!: string;

  @Field(() => String, { nullable: true, defaultValue: 'roles', description: ROLE_CLAIM })
  @Text({ min: 1, max: 200 })
  roleClaim?: string | null;

  @Field(() => [RoleMappingInput], { defaultValue: [], description: ROLE_MAPPING })
  roleMapping!: RoleMappingInput[];

  @Field(() => UserRole, { nullable: true, description: DEFAULT_ROLE })
  defaultRole?: UserRole | null;

  @Field({ defaultValue: false, description: LINK_BY_EMAIL })
  linkByEmail!: boolean;

  @Field({ defaultValue: true, description: 'Whether its tokens are taken.' })
  enabled!: boolean;
}

@InputType({
  description:
    'A change to an identity provider. What is left out stays as it is. Another issuer is another provider.',
})
export class UpdateIdentityProviderInput {
  @Field(() => ID, { description: 'Which identity provider.' })
  @PublicId('idp')
  id!: string;

  @Field(() => Int, { description: 'The version that was read; a stale one is refused.' })
  version!: number;

  @Field(() => String, { nullable: true, description: '1 to 120 characters.' })
  @NotNull()
  @Text({ min: 1, max: 120 })
  name?: string;

  @Field(() => String, { nullable: true, description: 'What `aud` of its tokens names.' })
  @NotNull()
  @Text({ min: 1, max: 500 })
  audience?: string;

  @Field(() => WebUrl, { nullable: true, description: `${JWKS_URL} Null takes it away.` })
  jwksUrl?: string | null;

  @Field(() => [RequiredClaimInput], { nullable: true, description: REQUIRED_CLAIMS })
  @NotNull()
  requiredClaims?: RequiredClaimInput[];

  @Field(() => String, { nullable: true, description: EMAIL_CLAIM })
  @NotNull()
  @Text({ min: 1, max: 200 })
  emailClaim?: string;

  @Field(() => String, { nullable: true, description: NAME_CLAIM })
  @NotNull()
  @Text({ min: 1, max: 200 })
  nameClaim?: string;

  @Field(() => String, { nullable: true, description: `${ROLE_CLAIM} Null takes it away.` })
  @Text({ min: 1, max: 200 })
  roleClaim?: string | null;

  @Field(() => [RoleMappingInput], { nullable: true, description: ROLE_MAPPING })
  @NotNull()
  roleMapping?: RoleMappingInput[];

  @Field(() => UserRole, { nullable: true, description: `${DEFAULT_ROLE} Null takes it away.` })
  defaultRole?: UserRole | null;

  @Field(() => Boolean, { nullable: true, description: LINK_BY_EMAIL })
  @NotNull()
  linkByEmail?: boolean;

  @Field(() => Boolean, { nullable: true, description: 'Whether its tokens are taken.' })
  @NotNull()
  enabled?: boolean;
}

@InputType({ description: 'Which identity provider is not trusted any more.' })
export class RemoveIdentityProviderInput {
  @Field(() => ID, { description: 'Id of the identity provider.' })
  @PublicId('idp')
  id!: string;
}

export const IdentityProviderOrder = orderType('IdentityProviderOrder', {
  of: 'identity providers',
  by: { CREATED_AT: 'When it was made.' },
  direction: OrderDirection.ASC,
});
export type IdentityProviderOrder = InstanceType<typeof IdentityProviderOrder>;
