import { NIL } from 'uuid';
import { type RequestContext, requireSelf } from '../../identity/index.js';
import { badField } from '../../shared/errors.js';

/** Whose nothing is: a guest without a cart token is nobody. */
export const NOBODY = NIL;

/**
 * UUID of whose cart the request is about: who asks, always.
 *
 * @throws BAD_USER_INPUT for a guest without a cart token, to whom nothing can belong
 */
export function ownerOf({ tx }: RequestContext): string {
  const { userId } = tx.tenant;
  if (userId === null) {
    throw badField(
      'x-cart-token',
      'Ask for createCartToken once, and send what it gives as this header: then there is somebody to have a cart.',
    );
  }
  return userId;
}

/** Whether the owner is somebody who has not signed in: such a cart is forgotten after a time. */
export function isVisitor({ visitor }: RequestContext): boolean {
  return visitor !== null;
}

/**
 * Sees to it that the owner is there until the transaction ends: whoever removes the account at this moment finds the
 * cart that is about to be opened, or there is none.
 *
 * @throws NOT_FOUND when the account was removed since the sign-in
 */
export async function keepOwner(ctx: RequestContext): Promise<void> {
  if (!isVisitor(ctx)) await ctx.tx.asOrganization(() => requireSelf(ctx));
}
