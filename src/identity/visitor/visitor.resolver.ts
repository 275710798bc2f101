import { Authorized, Ctx, Mutation, Resolver } from 'type-graphql';
import type { RequestContext } from '../request-context.js';
import { makeCartToken } from './cart-token.js';
import { confirmSender } from './confirm-sender.js';

@Resolver()
export class VisitorResolver {
  @Authorized()
  @Mutation(() => String, {
    nullable: true,
    description:
      'A token for a guest who is to have a cart, to be kept by the client and sent as `x-cart-token` from then on. Whoever has it has the cart, so keep it like a password; it is shown this once. Signing in with it takes the cart along, and what was ordered from it.',
  })
  async createCartToken(@Ctx() ctx: RequestContext): Promise<string> {
    await confirmSender(ctx);
    return makeCartToken();
  }
}
