import { Arg, Authorized, Ctx, ID, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../request-context.js';
import type { PermissionService } from './permission.service.js';
import { Permission } from './permission.type.js';

@Resolver()
export class PermissionResolver {
  constructor(private readonly service: PermissionService) {}

  @Authorized()
  @Query(() => [Permission], {
    description: 'Everything that roles can grant, for who edits them.',
  })
  permissions(@Ctx() ctx: RequestContext) {
    return this.service.list(ctx);
  }

  @Authorized()
  @Query(() => Boolean, {
    description:
      'Whether the caller may do something, so that a screen shows what its user may do. With `on`: whether they may do it to that; never to what is not there or may not be seen. Nobody has `users:write` on themselves, or on who may do more than they, or is invited to, nor `roles:write` on a role that grants more.',
  })
  can(
    @Ctx() ctx: RequestContext,
    @Arg('permission', () => String, { description: 'One of `permissions`, e.g. `tasks:write`.' })
    permission: string,
    @Arg('on', () => ID, {
      nullable: true,
      description: 'Id of what it would be done to; anything of the organization when not given.',
    })
    on: string | null,
  ) {
    return this.service.can(ctx, permission, on);
  }
}
