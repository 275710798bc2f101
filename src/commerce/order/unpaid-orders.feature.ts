import { Sweeper } from '../../dispatch/index.js';
import type { Clock } from '../../shared/clock.js';
import type { Logger } from '../../shared/logger.js';
import type { Tenancy } from '../../tenancy/index.js';
import { PaymentStore } from '../payment/payment.store.js';
import type { OrderMoves } from './order-moves.js';
import { UnpaidOrderStore } from './unpaid-order.store.js';
import { UnpaidOrders } from './unpaid-orders.js';

export interface UnpaidOrderSettings {
  /** After how many hours an order is cancelled that nobody has paid; null for never. */
  readonly unpaidHours: number | null;
  /** How often such orders are looked for; a minute without. */
  readonly lookEveryMs?: number;
}

/** How this server ends what lasts too long. */
export interface Expiring {
  /** Begins; without it, everything stays. */
  start(): void;
  /** Resolves when what is under way is done. */
  stop(): Promise<void>;
}

const MINUTE_MS = 60_000;
const NOTHING: Expiring = { start: () => undefined, stop: async () => undefined };

/** Nothing is cancelled before `start`. */
export function createExpiring({
  logger,
  settings: { unpaidHours: hours, lookEveryMs: everyMs = MINUTE_MS },
  ...options
}: {
  readonly tenancy: Tenancy;
  readonly moves: OrderMoves;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: UnpaidOrderSettings;
}): Expiring {
  if (hours === null) return NOTHING;
  const [orders, payments] = [new UnpaidOrderStore(), new PaymentStore()];
  return new Sweeper(new UnpaidOrders({ ...options, orders, payments, hours, everyMs }), logger);
}
