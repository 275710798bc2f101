import { Arg, Authorized, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../request-context.js';
import type { Permission } from '../roles.js';
import { UserLoader } from '../user/user.loader.js';
import { User } from '../user/user.type.js';
import { CreateTenantSecretInput, RevokeTenantSecretInput } from './tenant-secret.input.js';
import type { TenantSecretService } from './tenant-secret.service.js';
import type { TenantSecretRow } from './tenant-secret.store.js';
import { CreatedTenantSecret, TenantSecret } from './tenant-secret.type.js';

@Resolver(() => TenantSecret)
export class TenantSecretResolver {
  constructor(private readonly service: TenantSecretService) {}

  @Authorized<Permission>('credentials:write')
  @Query(() => [TenantSecret], {
    description: "The organization's secrets, newest first: two at most that have not ended.",
  })
  tenantSecrets(@Ctx() ctx: RequestContext) {
    return this.service.list(ctx);
  }

  @Authorized<Permission>('credentials:write')
  @Mutation(() => CreatedTenantSecret, {
    nullable: true,
    description:
      'Makes a secret of the organization. There may be two at a time, to replace one without a gap: make the new one, change over, revoke the old one.',
  })
  createTenantSecret(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => CreateTenantSecretInput, { description: 'The new secret.' })
    input: CreateTenantSecretInput,
  ) {
    return this.service.create(ctx, input);
  }

  @Authorized<Permission>('credentials:write')
  @Mutation(() => TenantSecret, {
    nullable: true,
    description: 'Ends a secret at once. Gives it as it was.',
  })
  revokeTenantSecret(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => RevokeTenantSecretInput, { description: 'Which secret.' })
    input: RevokeTenantSecretInput,
  ) {
    return this.service.revoke(ctx, input);
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: 'Who made the secret; null for somebody who was removed since.',
  })
  createdBy(@Ctx() ctx: RequestContext, @Root() { createdBy }: TenantSecretRow) {
    return ctx.use(UserLoader).byId.load(createdBy);
  }
}
