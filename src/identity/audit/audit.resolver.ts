import { Args, Authorized, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { FilterArg, OrderArg, PageArgs, toPageRequest } from '../../shared/graphql/index.js';
import { encodeId } from '../../shared/ids.js';
import type { RequestContext } from '../request-context.js';
import type { Permission } from '../roles.js';
import { UserLoader } from '../user/user.loader.js';
import { User } from '../user/user.type.js';
import { AuditEventFilter, AuditEventOrder } from './audit.input.js';
import type { AuditService } from './audit.service.js';
import type { AuditEventRow } from './audit.store.js';
import { AuditEvent, AuditEventConnection } from './audit.type.js';

@Resolver(() => AuditEvent)
export class AuditResolver {
  constructor(private readonly service: AuditService) {}

  @Authorized<Permission>('audit:read')
  @Query(() => AuditEventConnection, {
    description: 'What was done in the organization, and tried, newest first.',
  })
  auditEvents(
    @Ctx() ctx: RequestContext,
    @Args(() => PageArgs) page: PageArgs,
    @FilterArg(AuditEventFilter, 'events') filter: AuditEventFilter | null,
    @OrderArg(AuditEventOrder) orderBy: AuditEventOrder,
  ) {
    return this.service.list(ctx, filter, orderBy, toPageRequest(page));
  }

  @FieldResolver(() => ID, {
    nullable: true,
    description: 'Id of the user who did it; null for somebody who was not signed in.',
  })
  actorId(@Root() { actorId }: AuditEventRow) {
    return actorId && encodeId('user', actorId);
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: 'Who did it; null also for a user who was removed since.',
  })
  actor(@Ctx() ctx: RequestContext, @Root() { actorId }: AuditEventRow) {
    return actorId && ctx.use(UserLoader).byId.load(actorId);
  }

  @FieldResolver(() => ID, { nullable: true, description: 'Id of the user whom it is about.' })
  subjectId(@Root() { subjectId }: AuditEventRow) {
    return subjectId && encodeId('user', subjectId);
  }
}
