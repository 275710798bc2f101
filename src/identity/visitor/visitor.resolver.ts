import { Authorized, Ctx, Mutation, Resolver } from 'type-graphql';
import { isShopper, type RequestContext } from '../request-context.js';
import { makeCartToken } from './cart-token.js';
import { confirmSender } from './confirm-sender.js';
import type { VisitorLimit } from './visitor-limit.js';

@Resolver()
export class VisitorResolver {
  readonly #limit: VisitorLimit;

  constructor(limit: VisitorLimit) {
    this.#limit = limit;
  }

  @Authorized()
  @Mutation(() => String, {
    nullable: true,
    description:
      'A token for a guest who is to have a cart, to be kept by the client and sent as `x-cart-token` from then on. Whoever has it has the cart, so keep it like a password; it is shown this once. Signing in with it takes the cart along, and what was ordered from it. RATE_LIMITED when a network address has asked for many.',
  })
  async createCartToken(@Ctx() ctx: RequestContext): Promise<string> {
    await confirmSender(ctx);
    // The organization's own people, and its servers with a key, may make them for others.
    if (isShopper(ctx)) await this.#limit.take(ctx);
    return makeCartToken();
  }
}
