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
import { FilterArg, OrderArg, PageArgs, toPageRequest } from '../../shared/graphql/index.js';
import type { RequestContext } from '../request-context.js';
import { RoleLoader } from '../role/role.loader.js';
import { Role } from '../role/role.type.js';
import type { Permission } from '../roles.js';
import { SessionTokens } from '../session/session.type.js';
import { deliver } from '../session/session-cookies.js';
import { UserLoader } from '../user/user.loader.js';
import { User } from '../user/user.type.js';
import {
  AcceptInvitationInput,
  InvitationFilter,
  InvitationOrder,
  InviteUserInput,
  ResendInvitationInput,
  RevokeInvitationInput,
} from './invitation.input.js';
import type { InvitationService } from './invitation.service.js';
import type { InvitationRow } from './invitation.store.js';
import { Invitation, InvitationConnection } from './invitation.type.js';

@Resolver(() => Invitation)
export class InvitationResolver {
  constructor(private readonly service: InvitationService) {}

  @Authorized<Permission>('users:write')
  @Query(() => InvitationConnection, {
    description: 'Who was asked to join the organization and has not yet, newest first.',
  })
  invitations(
    @Ctx() ctx: RequestContext,
    @Args(() => PageArgs) page: PageArgs,
    @FilterArg(InvitationFilter, 'invitations') filter: InvitationFilter | null,
    @OrderArg(InvitationOrder) orderBy: InvitationOrder,
  ) {
    return this.service.list(ctx, filter, orderBy, toPageRequest(page));
  }

  @Authorized<Permission>('users:write')
  @Mutation(() => Invitation, {
    nullable: true,
    description: 'Asks somebody by mail to join the organization.',
  })
  inviteUser(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => InviteUserInput, { description: 'Whom, and with which role.' })
    input: InviteUserInput,
  ) {
    return this.service.invite(ctx, input);
  }

  @Authorized<Permission>('users:write')
  @Mutation(() => Invitation, {
    nullable: true,
    description:
      'Sends an invitation again, with another link; the one before is good no more. From then on the caller answers for it.',
  })
  resendInvitation(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => ResendInvitationInput, { description: 'Which invitation.' })
    input: ResendInvitationInput,
  ) {
    return this.service.resend(ctx, input);
  }

  @Authorized<Permission>('users:write')
  @Mutation(() => Invitation, {
    nullable: true,
    description: 'Takes an invitation back, and gives it as it was. Its link is good no more.',
  })
  revokeInvitation(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => RevokeInvitationInput, { description: 'Which invitation.' })
    input: RevokeInvitationInput,
  ) {
    return this.service.revoke(ctx, input);
  }

  @Mutation(() => SessionTokens, {
    nullable: true,
    description:
      'Makes the account that somebody was invited to, and signs it in. An invitation is good once, until it expires, and only while who sent it may invite.',
  })
  async acceptInvitation(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => AcceptInvitationInput, { description: 'The token, and the account.' })
    input: AcceptInvitationInput,
  ): Promise<SessionTokens> {
    return deliver(ctx, await this.service.accept(input, ctx.client), input.delivery);
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: 'Who sent it last, and answers for it; null for a user who was removed since.',
  })
  invitedBy(@Ctx() ctx: RequestContext, @Root() { invitedBy }: InvitationRow) {
    return ctx.use(UserLoader).byId.load(invitedBy);
  }

  @FieldResolver(() => Role, {
    nullable: true,
    description:
      "The role of the organization's own that the account is to have; null with any other.",
  })
  customRole(@Ctx() ctx: RequestContext, @Root() { customRoleId }: InvitationRow) {
    return customRoleId && ctx.use(RoleLoader).byId.load(customRoleId);
  }
}
