import {
  Arg,
  Args,
  Authorized,
  Ctx,
  FieldResolver,
  Mutation,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { OrderArg, PageArgs, toPageRequest } from '../../shared/graphql/index.js';
import type { RequestContext } from '../request-context.js';
import type { Permission } from '../roles.js';
import {
  CreateIdentityProviderInput,
  IdentityProviderOrder,
  RemoveIdentityProviderInput,
  UpdateIdentityProviderInput,
} from './identity-provider.input.js';
import type { IdentityProviderService } from './identity-provider.service.js';
import type { IdentityProviderRow } from './identity-provider.store.js';
import {
  IdentityProvider,
  IdentityProviderConnection,
  RequiredClaim,
  RoleMapping,
} from './identity-provider.type.js';

@Resolver(() => IdentityProvider)
export class IdentityProviderResolver {
  constructor(private readonly service: IdentityProviderService) {}

  @Authorized<Permission>('organization:write')
  @Query(() => IdentityProviderConnection, {
    description: 'The OpenID Connect issuers that the organization trusts.',
  })
  identityProviders(
    @Ctx() ctx: RequestContext,
    @Args(() => PageArgs) page: PageArgs,
    @OrderArg(IdentityProviderOrder) orderBy: IdentityProviderOrder,
  ) {
    return this.service.list(ctx, orderBy, toPageRequest(page));
  }

  @Authorized<Permission>('organization:write')
  @Mutation(() => IdentityProvider, {
    nullable: true,
    description:
      'Trusts an OpenID Connect issuer: its people sign in with `signInWithToken`, or send its tokens along with the header `x-organization`. For who has signed in: no key opens a way in that outlives it.',
  })
  createIdentityProvider(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => CreateIdentityProviderInput, { description: 'Whom to trust, and how far.' })
    input: CreateIdentityProviderInput,
  ) {
    return this.service.create(ctx, input);
  }

  @Authorized<Permission>('organization:write')
  @Mutation(() => IdentityProvider, {
    nullable: true,
    description:
      'Changes how far an issuer is trusted, as of its next token. Disabling it ends the sessions of its people.',
  })
  updateIdentityProvider(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => UpdateIdentityProviderInput, {
      description: 'Which one, and what changes.',
    })
    input: UpdateIdentityProviderInput,
  ) {
    return this.service.update(ctx, input);
  }

  @Authorized<Permission>('organization:write')
  @Mutation(() => IdentityProvider, {
    nullable: true,
    description:
      'Trusts an issuer no more, and gives it as it was: its tokens are refused and the sessions of its people ended at once. Their accounts stay.',
  })
  removeIdentityProvider(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => RemoveIdentityProviderInput, { description: 'Which one.' })
    input: RemoveIdentityProviderInput,
  ) {
    return this.service.remove(ctx, input);
  }

  @FieldResolver(() => [RequiredClaim], { description: 'Claims that its tokens must have.' })
  requiredClaims(@Root() { requiredClaims }: IdentityProviderRow) {
    return Object.entries(requiredClaims).map(([claim, value]) => ({ claim, value }));
  }

  @FieldResolver(() => [RoleMapping], { description: 'What the values of the role claim mean.' })
  roleMapping(@Root() { roleMapping }: IdentityProviderRow) {
    return Object.entries(roleMapping).map(([value, role]) => ({ value, role }));
  }
}
