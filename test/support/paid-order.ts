import { encodeId, newUuid } from '../../src/shared/ids.js';
import type { Api, Organization } from './api.js';

/** An order as it is stored. */
export interface OrderData {
  /** UUID; the organization's owner when not given. */
  ownerId?: string;
  status?: 'pending' | 'cancelled' | 'paid';
  /** In cents. */
  total?: number;
}

/** Far from those that are given out. */
let lastNumber = 1_000_000;

/** Makes an order past the API; its public id comes back. */
export async function createOrder(
  { app }: Api,
  { tenant }: Pick<Organization, 'tenant'>,
  { ownerId = tenant.userId as string, status = 'pending', total = 4_250 }: OrderData = {},
): Promise<string> {
  const id = newUuid();
  const productId = newUuid();
  const price = { priceAmount: total, currency: 'EUR' };
  const [sku, name] = [`SKU-${productId}`, 'product'];
  await app.tenancy.withTenant(tenant, 'write', async ({ prisma }) => {
    await prisma.product.create({ data: { id: productId, sku, name, ...price } });
    await prisma.stockLevel.create({ data: { productId } });
    await prisma.order.create({
      data: {
        id,
        number: ++lastNumber,
        ownerId,
        status,
        currency: 'EUR',
        totalAmount: total,
        email: 'buyer@example.com',
        shippingAddress: { name: 'Ada' },
        paidAt: status === 'paid' ? new Date() : null,
        cancelledAt: status === 'cancelled' ? new Date() : null,
      },
    });
    const item = { orderId: id, productId, ownerId, sku, name, quantity: 1 };
    await prisma.orderItem.create({
      data: { ...item, priceAmount: total, totalAmount: total },
    });
  });
  return encodeId('order', id);
}

/** Makes an order with the payment that it was paid by; their public ids come back. */
export async function createPaidOrder(
  api: Api,
  organization: Pick<Organization, 'tenant'>,
): Promise<{ order: string; pay: string }> {
  const order = await createOrder(api, organization);
  const { tenant } = organization;
  const id = newUuid();
  await api.app.tenancy.withTenant(tenant, 'write', async ({ prisma }) => {
    const { id: orderId, ownerId, totalAmount: amount } = await prisma.order.findFirstOrThrow();
    const provider = 'local';
    await prisma.payment.create({
      data: {
        id,
        orderId,
        ownerId,
        provider,
        reference: `local-${id}`,
        status: 'captured',
        amount,
        currency: 'EUR',
      },
    });
  });
  return { order, pay: encodeId('pay', id) };
}
