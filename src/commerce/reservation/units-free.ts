import type { ReservedUnits } from './stock-reservation.store.js';

const NONE: ReservedUnits = { reserved: 0, own: 0 };

/**
 * How many units of a product a cart can have: what no other cart has reserved. Where goods were lost, and less is
 * there than is reserved, who comes first gets as many as they have reserved.
 */
export function unitsFree(onHand: number, { reserved, own }: ReservedUnits = NONE): number {
  return Math.max(onHand - (reserved - own), Math.min(own, onHand));
}
