import type { Sweeping } from '../../dispatch/index.js';
import type { Clock } from '../../shared/clock.js';
import type { Tenancy, Tenant, TenantTransaction } from '../../tenancy/index.js';
import type { PaymentStore } from '../payment/payment.store.js';
import { PaymentStatus } from '../payment/payment.type.js';
import { OrderStatus } from './order.type.js';
import type { OrderMoves } from './order-moves.js';
import type { UnpaidOrder, UnpaidOrderStore } from './unpaid-order.store.js';

export interface UnpaidOrdersOptions {
  readonly tenancy: Tenancy;
  readonly orders: UnpaidOrderStore;
  readonly payments: PaymentStore;
  readonly moves: OrderMoves;
  readonly clock: Clock;
  /** After how many hours an order is cancelled that nobody has paid. */
  readonly hours: number;
  readonly everyMs: number;
}

const HOUR_MS = 3_600_000;
const MOST_AT_ONCE = 20;

/** Money that is there, or may be about to come. */
const UNDER_WAY: readonly string[] = [
  PaymentStatus.OPEN,
  PaymentStatus.AUTHORIZED,
  PaymentStatus.CAPTURED,
];

/**
 * Cancels orders of which nobody has paid in time: what was bought left the stock when they were placed, and would be
 * kept from everybody else for good. Each is cancelled in a transaction of its own, so that none waits for another's
 * products.
 */
export class UnpaidOrders implements Sweeping {
  readonly failed = 'orders that nobody pays cannot be cancelled; trying again later';
  readonly everyMs: number;
  readonly #options: UnpaidOrdersOptions;

  constructor(options: UnpaidOrdersOptions) {
    this.#options = options;
    this.everyMs = options.everyMs;
  }

  findOrganizations(after: string): Promise<string[]> {
    return this.#options.tenancy.findOrganizationsWithUnpaidOrders(after, this.#before);
  }

  /** @throws what was wrong with the first that could not be cancelled; the others are */
  async sweep(tenant: Tenant, mayGoOn: () => boolean): Promise<void> {
    const { tenancy, orders } = this.#options;
    const before = this.#before;
    const faults: unknown[] = [];
    let found: UnpaidOrder[];
    let last: UnpaidOrder | null = null;
    do {
      const after: UnpaidOrder | null = last;
      found = await tenancy.withTenant(tenant, 'read', (tx) =>
        orders.find(tx, { before, after, limit: MOST_AT_ONCE }),
      );
      for (const { id } of found) {
        if (!mayGoOn()) break;
        await tenancy
          .withTenant(tenant, 'write', (tx) => this.#cancel(tx, id))
          .catch((error: unknown) => faults.push(error));
      }
      // From there on: one that could not be cancelled keeps none of the others.
      last = found.at(-1) ?? null;
    } while (found.length === MOST_AT_ONCE && mayGoOn());
    if (faults.length > 0) throw faults[0];
  }

  get #before(): Date {
    return new Date(this.#options.clock.now().getTime() - this.#options.hours * HOUR_MS);
  }

  async #cancel(tx: TenantTransaction, id: string): Promise<void> {
    const { orders, payments, moves, hours } = this.#options;
    // Whoever has it is about to pay or to cancel it, or another server does this. The next look will tell.
    const order = await orders.lockIfFree(tx, id);
    if (order?.status !== OrderStatus.PENDING) return;
    // Behind the lock, which whoever begins to pay takes first.
    const all = await payments.ofOrder(tx, id);
    if (all.some(({ status }) => UNDER_WAY.includes(status))) return;
    const note = `Not paid within ${hours} ${hours === 1 ? 'hour' : 'hours'}.`;
    await moves.move(tx, order, OrderStatus.CANCELLED, { actorId: null, note });
  }
}
