import { Arg, Authorized, Ctx, Mutation, Resolver } from 'type-graphql';
import type { RequestContext } from '../request-context.js';
import { RefreshSessionInput, SignInInput } from './session.input.js';
import type { SessionService } from './session.service.js';
import { SessionTokens } from './session.type.js';

@Resolver(() => SessionTokens)
export class SessionResolver {
  constructor(private readonly sessions: SessionService) {}

  @Mutation(() => SessionTokens, {
    nullable: true,
    description:
      'Exchanges an e-mail address and a password for a session and its tokens. An account with a second factor answers the right password with `SECOND_FACTOR_REQUIRED` until a `code` comes with it. Where too many sign-ins have failed, `RATE_LIMITED` says when to try again.',
  })
  signIn(
    @Ctx() { client }: RequestContext,
    @Arg('input', () => SignInInput, { description: 'Who, and where.' }) input: SignInInput,
  ): Promise<SessionTokens> {
    return this.sessions.signIn(input, client);
  }

  @Mutation(() => SessionTokens, {
    nullable: true,
    description:
      'Exchanges a refresh token for new tokens. It is good once: one that comes again ends the session, because somebody else has it too.',
  })
  refreshSession(
    @Ctx() { client }: RequestContext,
    @Arg('input', () => RefreshSessionInput, { description: 'Which session.' })
    { refreshToken }: RefreshSessionInput,
  ): Promise<SessionTokens> {
    return this.sessions.refresh(refreshToken, client);
  }

  @Authorized()
  @Mutation(() => Boolean, {
    nullable: true,
    description:
      'Ends the session of the access token that is sent along, at once. True if there was one.',
  })
  signOut(@Ctx() ctx: RequestContext): Promise<boolean> {
    return this.sessions.signOut(ctx);
  }
}
