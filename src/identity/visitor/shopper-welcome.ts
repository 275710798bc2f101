import type { TenantTransaction } from '../../tenancy/index.js';

/**
 * What becomes of what a guest has left behind when they sign in: told of each sign-in with a cart token, in the
 * transaction that opens the session and acts for the organization. The ids are UUIDs.
 */
export type ShopperWelcome = (
  tx: TenantTransaction,
  visit: { visitorId: string; userId: string },
) => Promise<void>;
