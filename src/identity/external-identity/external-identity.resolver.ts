import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { RequestContext } from '../request-context.js';
import { SessionTokens } from '../session/session.type.js';
import { SignInWithTokenInput } from './external-identity.input.js';
import type { ExternalIdentityService } from './external-identity.service.js';

@Resolver()
export class ExternalIdentityResolver {
  constructor(private readonly service: ExternalIdentityService) {}

  @Mutation(() => SessionTokens, {
    nullable: true,
    description:
      'Exchanges a token of an identity provider that the organization trusts for a session and its tokens.',
  })
  signInWithToken(
    @Ctx() { client }: RequestContext,
    @Arg('input', () => SignInWithTokenInput, { description: 'Who, and where.' })
    input: SignInWithTokenInput,
  ): Promise<SessionTokens> {
    return this.service.signIn(input, client);
  }
}
