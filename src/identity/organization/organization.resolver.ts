import { Authorized, Ctx, Query, Resolver } from 'type-graphql';
import { type RequestContext, requireCaller } from '../request-context.js';
import { OrganizationLoader } from './organization.loader.js';
import { Organization } from './organization.type.js';

@Resolver(() => Organization)
export class OrganizationResolver {
  @Authorized()
  @Query(() => Organization, {
    nullable: true,
    description: 'The organization that the caller is signed in to.',
  })
  organization(@Ctx() ctx: RequestContext) {
    return ctx.use(OrganizationLoader).byId.load(requireCaller(ctx).orgId);
  }
}
