import { addressKey } from '../defence/client-address.js';
import { type Limit, RateLimit } from '../defence/rate-limit.js';
import type { RequestContext } from '../request-context.js';

/**
 * How much guests who come from one network address can be given in one organization. They need no account for it, so
 * that nothing else would end it.
 */
export class VisitorLimit {
  readonly #limit: RateLimit;
  readonly #message: string;

  /** @param message what is told to who comes too often */
  constructor(limit: Limit, message: string) {
    this.#limit = new RateLimit(limit);
    this.#message = message;
  }

  /** Counts one more. @throws RATE_LIMITED when it is too many */
  async take(ctx: RequestContext): Promise<void> {
    await this.#limit.take(keyOf(ctx), this.#message);
  }
}

/** Of `createCartToken`. */
export function cartTokenLimit(limit: Limit): VisitorLimit {
  return new VisitorLimit(
    limit,
    'Too many cart tokens were made for this network address. Go on with the one that you have, or try again later.',
  );
}

function keyOf({ tx, client }: RequestContext): string {
  return `${tx.tenant.orgId} ${addressKey(client.address)}`;
}
