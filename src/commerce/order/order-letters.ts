import type { Outbox } from '../../mail/index.js';
import { fixedStatement } from '../../shared/statements/index.js';
import { query, type TenantTransaction } from '../../tenancy/index.js';
import { type OrderNews, orderLetter } from './order.letter.js';
import { OrderStatus } from './order.type.js';
import type { OrderItemStore } from './order-item.store.js';
import type { OrderMoved } from './order-moves.js';

const { PENDING, PAID, SHIPPED, CANCELLED, REFUNDED } = OrderStatus;

const writing = fixedStatement('organizations.order-mail', (of: { orgId: string }) =>
  query
    .selectFrom('organizations')
    .select('name')
    .where('id', '=', of.orgId)
    .where('order_mail', '=', true)
    .compile(),
);

/** Writes to buyers about their orders, for organizations that want it. */
export class OrderLetters {
  readonly #outbox: Outbox;
  readonly #items: OrderItemStore;

  constructor(outbox: Outbox, items: OrderItemStore) {
    this.#outbox = outbox;
    this.#items = items;
  }

  /** In the transaction in which the order has moved: it and the letter stand, or neither. */
  async orderMoved(tx: TenantTransaction, { order, from, to }: OrderMoved): Promise<void> {
    const news = newsOf(from, to);
    if (news === null) return;
    const [organization] = await tx.execute(writing({ orgId: tx.tenant.orgId }));
    if (!organization) return;
    const items = await this.#items.findOfOrders(tx, [order.id]);
    await this.#outbox.add(tx, orderLetter(news, { order, items, shop: organization.name }));
  }
}

/**
 * Of an order that nobody has paid nothing is told: else whoever orders as a guest could have the shop write to
 * anybody, as often as they like.
 */
function newsOf(from: OrderStatus, to: OrderStatus): OrderNews | null {
  switch (to) {
    case PAID:
      return 'paid';
    case SHIPPED:
      return 'shipped';
    case CANCELLED:
      return from === PENDING ? null : 'cancelled';
    case REFUNDED:
      return 'refunded';
    default:
      return null;
  }
}
