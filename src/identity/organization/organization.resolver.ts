import { Arg, Authorized, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { type RequestContext, requireCaller } from '../request-context.js';
import type { Permission } from '../roles.js';
import { DeleteOrganizationInput, UpdateOrganizationInput } from './organization.input.js';
import { OrganizationLoader } from './organization.loader.js';
import type { OrganizationService } from './organization.service.js';
import { Organization } from './organization.type.js';

@Resolver(() => Organization)
export class OrganizationResolver {
  constructor(private readonly service: OrganizationService) {}

  @Authorized()
  @Query(() => Organization, {
    nullable: true,
    description: 'The organization that the caller is signed in to.',
  })
  organization(@Ctx() ctx: RequestContext) {
    return ctx.use(OrganizationLoader).byId.load(requireCaller(ctx).orgId);
  }

  @Authorized<Permission>('organization:write')
  @Mutation(() => Organization, {
    nullable: true,
    description: 'Changes the organization that the caller is signed in to.',
  })
  updateOrganization(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => UpdateOrganizationInput, { description: 'What changes.' })
    input: UpdateOrganizationInput,
  ) {
    return this.service.update(ctx, input);
  }

  @Authorized<Permission>('organization:write')
  @Mutation(() => Organization, {
    nullable: true,
    description:
      'Asks for the organization to be deleted, with all that is in it. Until `deletionDueAt` everything works as before and `cancelOrganizationDeletion` takes it back; from then on nobody gets in, and it is erased.',
  })
  deleteOrganization(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => DeleteOrganizationInput, { description: 'The confirmation.' })
    input: DeleteOrganizationInput,
  ) {
    return this.service.requestDeletion(ctx, input);
  }

  @Authorized<Permission>('organization:write')
  @Mutation(() => Organization, {
    nullable: true,
    description: 'Takes back a request for deletion. Without one, nothing changes.',
  })
  cancelOrganizationDeletion(@Ctx() ctx: RequestContext) {
    return this.service.cancelDeletion(ctx);
  }
}
