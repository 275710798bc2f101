import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { RequestContext } from '../request-context.js';
import { SessionTokens } from '../session/session.type.js';
import { deliver } from '../session/session-cookies.js';
import { SignUpInput } from './sign-up.input.js';
import type { SignUpService } from './sign-up.service.js';

@Resolver()
export class SignUpResolver {
  constructor(private readonly service: SignUpService) {}

  @Mutation(() => SessionTokens, {
    nullable: true,
    description:
      'Makes an organization with its first owner, signs that person in, and sends them a mail with a link that verifies their e-mail address. `FORBIDDEN`, with a `permission` of null, where the operator has closed sign-up.',
  })
  async signUp(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => SignUpInput, { description: 'The organization and its owner.' })
    input: SignUpInput,
  ): Promise<SessionTokens> {
    return deliver(ctx, await this.service.signUp(input, ctx.client), input.delivery);
  }
}
