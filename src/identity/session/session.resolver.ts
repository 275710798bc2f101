import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { RequestContext } from '../request-context.js';
import type { SessionService } from './session.service.js';
import { Session } from './session.type.js';
import { SignInInput } from './sign-in.input.js';

@Resolver(() => Session)
export class SessionResolver {
  constructor(private readonly sessions: SessionService) {}

  @Mutation(() => Session, {
    nullable: true,
    description: 'Exchanges an e-mail address and a password for an access token.',
  })
  async signIn(
    @Ctx() { address }: RequestContext,
    @Arg('input', () => SignInInput, { description: 'Who, and where.' }) input: SignInInput,
  ): Promise<Session> {
    const { token, expiresAt } = await this.sessions.signIn(input, address);
    return { accessToken: token, expiresAt };
  }
}
