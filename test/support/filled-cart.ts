import { decodeId, encodeId, newUuid } from '../../src/shared/ids.js';
import type { Api, Organization, Person } from './api.js';

/** What somebody is about to buy, as it is stored. */
export interface CartLineData {
  /** Public id. */
  productId: string;
  quantity?: number;
  /** As the buyer has seen it; what it costs now without. */
  priceAmount?: bigint;
  currency?: string;
}

/** Makes an open cart of somebody's with these products in it; its public id comes back. */
export async function fillCart(
  { app }: Pick<Api, 'app'>,
  { tenant }: Pick<Organization, 'tenant'>,
  { uuid: ownerId }: Pick<Person, 'uuid'>,
  lines: readonly CartLineData[],
  { expiresAt = null }: { expiresAt?: Date | null } = {},
): Promise<string> {
  const cartId = newUuid();
  await app.tenancy.withTenant(tenant, 'write', async ({ prisma }) => {
    await prisma.cart.create({ data: { id: cartId, ownerId, expiresAt } });
    const ids = lines.map(({ productId }) => decodeId('prod', productId, 'productId'));
    const products = await prisma.product.findMany({ where: { id: { in: ids } } });
    const data = lines.map(({ quantity = 1, ...line }, index) => {
      const productId = ids[index] as string;
      const now = products.find(({ id }) => id === productId);
      if (!now) throw new Error(`There is no ${line.productId}`);
      const priceAmount = line.priceAmount ?? now.priceAmount;
      const currency = line.currency ?? now.currency;
      return { cartId, productId, ownerId, quantity, priceAmount, currency };
    });
    await prisma.cartItem.createMany({ data });
  });
  return encodeId('cart', cartId);
}

export const ADDRESS = {
  name: 'Ada Buyer',
  line1: '1 Analytical Way',
  postalCode: '10115',
  city: 'Berlin',
  country: 'DE',
} as const;

/** What `placeOrder` takes, under a key that nothing has. */
export function orderInput(changes: object = {}) {
  return { idempotencyKey: newUuid(), shippingAddress: ADDRESS, ...changes };
}

export const PLACE_ORDER = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) {
  id number status version total { amount currency } items { sku name quantity unitPrice { amount } total { amount } }
  email shippingAddress { name company line1 line2 postalCode city region country phone }
  history { id status note actorId } placedAt customer { id }
} }`;
