import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { RequestContext } from '../request-context.js';
import { SessionTokens } from '../session/session.type.js';
import { SignUpInput } from './sign-up.input.js';
import type { SignUpService } from './sign-up.service.js';

@Resolver()
export class SignUpResolver {
  constructor(private readonly service: SignUpService) {}

  @Mutation(() => SessionTokens, {
    nullable: true,
    description:
      'Makes an organization with its first owner, and signs that person in. `FORBIDDEN`, with a `permission` of null, where the operator has closed sign-up.',
  })
  signUp(
    @Ctx() { client }: RequestContext,
    @Arg('input', () => SignUpInput, { description: 'The organization and its owner.' })
    input: SignUpInput,
  ): Promise<SessionTokens> {
    return this.service.signUp(input, client);
  }
}
