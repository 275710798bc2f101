import { encodeId } from '../shared/ids.js';
import type { ShopOrder, ShopProduct, ShopYear } from './shop-year.js';
import { stableUuid } from './stable-uuid.js';

/** A movement of stock. */
export interface LedgerEntry {
  id: string;
  productId: string;
  kind: 'receipt' | 'sale' | 'return' | 'correction';
  quantity: number;
  /** What there is of the product afterwards. */
  onHand: number;
  actorId: string | null;
  note: string;
  at: Date;
}

/** What has become of a product's stock. */
export interface LedgerEnd {
  productId: string;
  unitsSold: number;
  /** null where it is not low */
  lowSince: Date | null;
}

export interface ShopLedger {
  entries: LedgerEntry[];
  ends: LedgerEnd[];
}

interface Move extends Pick<LedgerEntry, 'kind' | 'quantity' | 'actorId' | 'note'> {
  at: number;
}

interface LedgerOptions {
  slug: string;
  /** UUID of the user who puts on the shelves what is delivered. */
  keeperId: string;
  /** With so many units or fewer a product is low in stock. */
  lowStock: number;
}

/**
 * The movements of all products in a year of sales. At the end there is as much of each as at the beginning, and never
 * less than none.
 */
export function shopLedger(
  { begunAt, orders }: ShopYear,
  products: readonly ShopProduct[],
  { slug, keeperId, lowStock }: LedgerOptions,
): ShopLedger {
  const moves = movesOf(orders);
  const ledger: ShopLedger = { entries: [], ends: [] };
  for (const product of products) {
    const own = (moves.get(product.id) ?? []).toSorted((a, b) => a.at - b.at);
    let { onHand, lowSince } = product;
    let unitsSold = 0;
    let last = product.since.getTime();
    for (const [index, move] of supplied(own, onHand, begunAt.getTime(), keeperId).entries()) {
      // One after the other, also where somebody sends back what another one buys in this millisecond.
      last = Math.max(move.at, last + 1);
      const at = new Date(last);
      onHand += move.quantity;
      lowSince = onHand <= lowStock ? (lowSince ?? at) : null;
      if (move.kind === 'sale' || move.kind === 'return') unitsSold -= move.quantity;
      const id = stableUuid(`${slug} ${product.sku} movement ${index}`, at);
      ledger.entries.push({ ...move, id, productId: product.id, onHand, at });
    }
    ledger.ends.push({ productId: product.id, unitsSold, lowSince });
  }
  return ledger;
}

function movesOf(orders: readonly ShopOrder[]): Map<string, Move[]> {
  const moves = new Map<string, Move[]>();
  for (const { id, cart, buyer, steps, stockReturned } of orders) {
    const note = encodeId('order', id);
    const placed = { at: cart.touchedAt.getTime(), actorId: buyer.customerId };
    const end = steps.at(-1);
    for (const { product, quantity } of cart.lines) {
      const own = moves.get(product.id) ?? [];
      moves.set(product.id, own);
      own.push({ ...placed, kind: 'sale', quantity: -quantity, note });
      if (!stockReturned || !end) continue;
      const back = { at: end.at.getTime(), actorId: end.actorId };
      own.push({ ...back, kind: 'return', quantity, note });
    }
  }
  return moves;
}

/**
 * The moves, and the deliveries between them. Gone through from the end, where it is known how much there is: as soon as
 * there would have been a lot more before, a lot has come in meanwhile.
 *
 * @param moves in order
 * @param onHand what there is at the beginning, and is to be at the end
 */
function supplied(moves: readonly Move[], onHand: number, begin: number, keeperId: string): Move[] {
  const sold = moves.reduce((sum, { quantity }) => sum - quantity, 0);
  const lot = Math.max(4, Math.ceil(sold / 5));
  const keeper = { actorId: keeperId };
  const backwards: Move[] = [];
  let level = onHand;
  for (const [index, move] of [...moves.entries()].reverse()) {
    if (level < move.quantity) {
      // What came back last would still be there.
      const quantity = level - move.quantity;
      const note = 'Came back damaged';
      backwards.push({ ...keeper, kind: 'correction', quantity, note, at: move.at + 1 });
      level = move.quantity;
    }
    backwards.push(move);
    level -= move.quantity;
    const since = moves[index - 1]?.at ?? begin;
    const surplus = index === 0 ? level - onHand : level > onHand + lot ? lot : 0;
    if (surplus === 0) continue;
    const at = Math.round((since + move.at) / 2);
    backwards.push({ ...keeper, kind: 'receipt', quantity: surplus, note: 'Delivery', at });
    level -= surplus;
  }
  return backwards.reverse();
}
