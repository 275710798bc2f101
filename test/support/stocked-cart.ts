import { decodeId, newUuid } from '../../src/shared/ids.js';
import type { Api, Organization, Person } from './api.js';

/** What is in a cart: how many of each product, by its public id. */
export type CartContent = Readonly<Record<string, number>>;

/**
 * Makes the open cart of somebody have this in it and nothing else, and makes it where there is none.
 *
 * @returns its UUID
 */
export async function fillCart(
  { app }: Api,
  { tenant }: Pick<Organization, 'tenant'>,
  { uuid: ownerId }: Pick<Person, 'uuid'>,
  content: CartContent,
): Promise<string> {
  return app.tenancy.withTenant(tenant, 'write', async ({ prisma }) => {
    const open = await prisma.cart.findFirst({ where: { ownerId, status: 'open' } });
    const cartId = open?.id ?? newUuid();
    if (!open) await prisma.cart.create({ data: { id: cartId, ownerId } });
    await prisma.cartItem.deleteMany({ where: { cartId } });
    await prisma.cartItem.createMany({
      data: Object.entries(content).map(([product, quantity]) => {
        const productId = decodeId('prod', product, 'product');
        return { cartId, productId, ownerId, quantity, priceAmount: 100n, currency: 'EUR' };
      }),
    });
    return cartId;
  });
}
