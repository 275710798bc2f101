import type { EnvironmentReader } from './environment-reader.js';
import type { Limit } from './sign-in-environment.js';

/** How long stock is kept for a cart that is checked out. */
export interface CheckoutSettings {
  /** From the last renewal on; and between the end of a checkout and the begin of another one. */
  readonly minutes: number;
  /** From the begin on, however often it is renewed. */
  readonly limitMinutes: number;
}

/** How often guests can be given something who come from one network address, in each organization. */
export function readGuestCartLimit(read: EnvironmentReader): Limit {
  return {
    times: read.integer('GUEST_CARTS_PER_ADDRESS', 60, { min: 1, max: 1_000_000 }),
    seconds: read.integer('GUEST_CARTS_WINDOW_SECONDS', 3_600, { min: 1, max: 86_400 }),
  };
}

/** What becomes of orders. */
export interface OrderSettings {
  /** After how many hours an order is cancelled that nobody has paid; null for never. */
  readonly unpaidHours: number | null;
}

const YEAR_HOURS = 8_760;

export function readOrderSettings(read: EnvironmentReader): OrderSettings {
  // Who sells on invoice waits for money for weeks, and may not want any of this.
  return {
    unpaidHours: read.integerOr('UNPAID_ORDER_HOURS', 72, 'never', { min: 1, max: YEAR_HOURS }),
  };
}

const MINUTES = { min: 1, max: 1_440 };

export function readCheckoutSettings(read: EnvironmentReader): CheckoutSettings {
  const minutes = read.integer('CHECKOUT_MINUTES', 15, MINUTES);
  const limitMinutes = read.integer('CHECKOUT_LIMIT_MINUTES', Math.max(60, minutes), MINUTES);
  if (limitMinutes < minutes) {
    read.fault(
      `CHECKOUT_LIMIT_MINUTES has "${limitMinutes}"; it takes at least CHECKOUT_MINUTES, ${minutes}.`,
    );
  }
  return { minutes, limitMinutes };
}
