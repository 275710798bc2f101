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
import type { OwnSessionsService } from './own-sessions.service.js';
import {
  RefreshSessionInput,
  RevokeSessionInput,
  SessionOrder,
  SignInInput,
  TokenDelivery,
} from './session.input.js';
import type { SessionService } from './session.service.js';
import type { SessionRow } from './session.store.js';
import { Session, SessionConnection, SessionTokens } from './session.type.js';
import { deliver, forgetSession, refreshTokenOf } from './session-cookies.js';

/** Beginning, continuing and ending the session of a client. */
@Resolver(() => SessionTokens)
export class SessionTokensResolver {
  constructor(private readonly sessions: SessionService) {}

  @Mutation(() => SessionTokens, {
    nullable: true,
    description:
      'Exchanges an e-mail address and a password for a session and its tokens. An account with a second factor answers the right password with `SECOND_FACTOR_REQUIRED` until a `code` comes with it. Where too many sign-ins have failed, `RATE_LIMITED` says when to try again.',
  })
  async signIn(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => SignInInput, { description: 'Who, and where.' }) input: SignInInput,
  ): Promise<SessionTokens> {
    return deliver(ctx, await this.sessions.signIn(input, ctx.client), input.delivery);
  }

  @Mutation(() => SessionTokens, {
    nullable: true,
    description:
      'Exchanges a refresh token for new tokens. It is good once: one that comes again ends the session, because somebody else has it too.',
  })
  async refreshSession(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => RefreshSessionInput, { description: 'Which session.' })
    { refreshToken, delivery }: RefreshSessionInput,
  ): Promise<SessionTokens> {
    if (refreshToken != null) {
      return deliver(ctx, await this.sessions.refresh(refreshToken, ctx.client), delivery);
    }
    const kept = refreshTokenOf(ctx.cookies) ?? '';
    return deliver(ctx, await this.sessions.refresh(kept, ctx.client), TokenDelivery.COOKIES);
  }

  @Authorized()
  @Mutation(() => Boolean, {
    nullable: true,
    description:
      'Ends the session of the access token that is sent along, at once, and clears its cookies. True if there was one.',
  })
  async signOut(@Ctx() ctx: RequestContext): Promise<boolean> {
    const hasEnded = await this.sessions.signOut(ctx);
    forgetSession(ctx);
    return hasEnded;
  }
}

/** Where the caller is signed in. */
@Resolver(() => Session)
export class SessionResolver {
  constructor(private readonly own: OwnSessionsService) {}

  @Authorized()
  @Query(() => SessionConnection, {
    description: "The caller's own sessions, those that have not expired, newest first.",
  })
  sessions(
    @Ctx() ctx: RequestContext,
    @Args(() => PageArgs) page: PageArgs,
    @OrderArg(SessionOrder) orderBy: SessionOrder,
  ) {
    return this.own.list(ctx, orderBy, toPageRequest(page));
  }

  @Authorized()
  @Mutation(() => Session, {
    nullable: true,
    description:
      "Ends one of the caller's own sessions, and gives it as it was. Its tokens are refused at once.",
  })
  async revokeSession(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => RevokeSessionInput, { description: 'Which session.' })
    input: RevokeSessionInput,
  ) {
    const session = await this.own.revoke(ctx, input);
    if (session.id === ctx.caller?.sessionId) forgetSession(ctx);
    return session;
  }

  @Authorized()
  @Mutation(() => Int, {
    nullable: true,
    description:
      "Ends all of the caller's sessions at once, the current one included, and clears its cookies. Gives how many there were.",
  })
  async signOutEverywhere(@Ctx() ctx: RequestContext): Promise<number> {
    const count = await this.own.endAll(ctx);
    forgetSession(ctx);
    return count;
  }

  @FieldResolver(() => Boolean, {
    description: 'Whether it is the session that this very request is sent with.',
  })
  isCurrent(@Ctx() { caller }: RequestContext, @Root() { id }: SessionRow): boolean {
    return id === caller?.sessionId;
  }
}
