import type { TenantTransaction } from '../../tenancy/index.js';
import { StockLevelStore } from '../stock/stock-level.store.js';
import { type ReservedUnits, StockReservationStore } from './stock-reservation.store.js';

const levels = new StockLevelStore();
const reservations = new StockReservationStore();

const NONE: ReservedUnits = { reserved: 0, own: 0 };

/**
 * How many units of a product a cart can have: what no other cart has reserved. Where goods were lost, and less is
 * there than is reserved, who comes first gets as many as they have reserved.
 */
export function unitsFree(onHand: number, { reserved, own }: ReservedUnits = NONE): number {
  return Math.max(onHand - (reserved - own), Math.min(own, onHand));
}

/**
 * How many units of each of these products can be had now. That is for an answer: somebody else may take them at the
 * same moment. It reads the reservations of all carts.
 *
 * @param cartId whose own reservations are free for it; null for who has no cart
 * @returns by the UUIDs of the products; nothing for one that is not there
 */
export async function availableUnits(
  tx: TenantTransaction,
  productIds: readonly string[],
  cartId: string | null,
): Promise<Map<string, number>> {
  const [found, reserved] = await Promise.all([
    levels.findByIds(tx, productIds),
    reservations.reservedUnits(tx, productIds, cartId),
  ]);
  return new Map(found.map(({ id, onHand }) => [id, unitsFree(onHand, reserved.get(id))]));
}
