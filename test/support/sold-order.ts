import { SalesLedger } from '../../src/commerce/index.js';
import { decodeId, newUuid } from '../../src/shared/ids.js';
import type { TenantTransaction } from '../../src/tenancy/index.js';
import type { Api, Organization } from './api.js';

export interface SoldItem {
  /** Public id. */
  productId: string;
  quantity?: number;
  /** Of one, in minor units. */
  price?: number;
  /** Public id of the category that it stands in by then. */
  categoryId?: string | null;
}

export interface SoldOrder {
  at: Date | string;
  items: readonly SoldItem[];
  currency?: string;
  /** UUID; somebody who has not signed in without one. */
  customerId?: string;
}

const ledger = new SalesLedger();
let lastNumber = 0;

/** An id as visitors have it. */
export function visitorId(): string {
  const id = newUuid();
  return `${id.slice(0, 14)}8${id.slice(15)}`;
}

/** Makes an order that is paid at a moment, and counts it; its UUID comes back. */
export function sell(
  { app }: Api,
  { tenant }: Pick<Organization, 'tenant'>,
  order: SoldOrder,
): Promise<string> {
  return app.tenancy.withTenant(tenant, 'write', async (tx) => {
    const id = await placeOrder(tx, order);
    await ledger.record(tx, id, 'sale');
    return id;
  });
}

/** Makes an order that is paid at a moment, and counts nothing. */
export async function placeOrder(
  tx: TenantTransaction,
  { at, items, currency = 'EUR', customerId }: SoldOrder,
): Promise<string> {
  const [id, ownerId, moment] = [newUuid(), customerId ?? visitorId(), new Date(at)];
  const lines = items.map(({ productId, quantity = 1, price = 100, categoryId = null }) => ({
    orderId: id,
    ownerId,
    productId: decodeId('prod', productId, 'productId'),
    categoryId: categoryId && decodeId('cat', categoryId, 'categoryId'),
    sku: 'sku',
    name: 'name',
    quantity,
    priceAmount: BigInt(price),
    totalAmount: BigInt(price) * BigInt(quantity),
  }));
  lastNumber += 1;
  await tx.prisma.order.create({
    data: {
      id,
      number: BigInt(lastNumber),
      ownerId,
      customerId: customerId ?? null,
      status: 'paid',
      currency,
      totalAmount: lines.reduce((sum, { totalAmount }) => sum + totalAmount, 0n),
      email: 'buyer@example.com',
      shippingAddress: {},
      placedAt: moment,
      paidAt: moment,
    },
  });
  await tx.prisma.orderItem.createMany({ data: lines });
  return id;
}

/** Refunds an order at a moment, or cancels it after it was paid, and counts that. */
export function refund(
  { app }: Api,
  { tenant }: Pick<Organization, 'tenant'>,
  { id, at, by = 'refunded' }: { id: string; at: Date | string; by?: 'refunded' | 'cancelled' },
): Promise<void> {
  const moment = new Date(at);
  const changes = by === 'refunded' ? { refundedAt: moment } : { cancelledAt: moment };
  return app.tenancy.withTenant(tenant, 'write', async (tx) => {
    await tx.prisma.order.updateMany({ where: { id }, data: { status: by, ...changes } });
    await ledger.record(tx, id, 'refund');
  });
}
