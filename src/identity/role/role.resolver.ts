import {
  Arg,
  Args,
  Authorized,
  Ctx,
  FieldResolver,
  Int,
  Mutation,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { OrderArg, PageArgs, toPageRequest } from '../../shared/graphql/index.js';
import type { RequestContext } from '../request-context.js';
import { customPermissions, type Permission } from '../roles.js';
import { CreateRoleInput, RemoveRoleInput, RoleOrder, UpdateRoleInput } from './role.input.js';
import { RoleLoader } from './role.loader.js';
import type { RoleService } from './role.service.js';
import type { RoleRow } from './role.store.js';
import { Role, RoleConnection } from './role.type.js';

@Resolver(() => Role)
export class RoleResolver {
  constructor(private readonly service: RoleService) {}

  @Authorized()
  @Query(() => RoleConnection, {
    description: 'The roles that the organization has put together for itself.',
  })
  roles(
    @Ctx() ctx: RequestContext,
    @Args(() => PageArgs) page: PageArgs,
    @OrderArg(RoleOrder) orderBy: RoleOrder,
  ) {
    return this.service.list(ctx, orderBy, toPageRequest(page));
  }

  @Authorized<Permission>('roles:write')
  @Mutation(() => Role, {
    nullable: true,
    description: 'Makes a role that grants no more than the caller may do.',
  })
  createRole(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => CreateRoleInput, { description: 'The new role.' }) input: CreateRoleInput,
  ) {
    return this.service.create(ctx, input);
  }

  @Authorized<Permission>('roles:write')
  @Mutation(() => Role, {
    nullable: true,
    description:
      'Changes a role that grants no more than the caller may do, at once for all who have it: their access tokens are taken back, and refreshing a session gives one with what it grants now.',
  })
  updateRole(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => UpdateRoleInput, { description: 'Which role, and what changes.' })
    input: UpdateRoleInput,
  ) {
    return this.service.update(ctx, input);
  }

  @Authorized<Permission>('roles:write')
  @Mutation(() => Role, {
    nullable: true,
    description: 'Removes a role that nobody has any more, for good, and gives it as it was.',
  })
  removeRole(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => RemoveRoleInput, { description: 'Which role.' }) input: RemoveRoleInput,
  ) {
    return this.service.remove(ctx, input);
  }

  @FieldResolver(() => [String], {
    description: 'What it grants beyond reading, e.g. `tasks:write`.',
  })
  permissions(@Root() { permissions }: RoleRow) {
    return [...customPermissions(permissions)];
  }

  @FieldResolver(() => Int, { description: 'How many people have it.' })
  userCount(@Ctx() ctx: RequestContext, @Root() { id }: RoleRow) {
    return ctx.use(RoleLoader).userCount.load(id);
  }
}
