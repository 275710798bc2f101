import { insufficientStock, rateLimited, type Shortage } from '../../shared/errors.js';
import { encodeId } from '../../shared/ids.js';
import type { TenantTransaction } from '../../tenancy/index.js';
import { type StockLevelRow, StockLevelStore } from '../stock/stock-level.store.js';
import type { CheckoutItemRow } from './checkout-cart.store.js';
import {
  type CheckoutTerms,
  type OwnReservation,
  type ReservedUnits,
  type StockReservationRow,
  StockReservationStore,
} from './stock-reservation.store.js';
import { unitsFree } from './units-free.js';

/** A cart that is checked out. */
export interface CheckoutCart {
  /** UUID; the row is locked. */
  readonly id: string;
  /** UUID. */
  readonly ownerId: string;
  readonly items: readonly CheckoutItemRow[];
}

const levels = new StockLevelStore();
const reservations = new StockReservationStore();

/**
 * Reserves all that is in a cart, or nothing, and gives back what is no longer in it. All that other carts have
 * reserved is looked at here, and nowhere else in a checkout: who shops may not see it, so this is the organization's
 * work.
 *
 * The levels are locked first, as everybody does who takes from a stock, and in the same order. What is reserved is
 * looked up in the next statement, which sees all that was committed while the locks were waited for.
 *
 * @throws INSUFFICIENT_STOCK, with what can be had; RATE_LIMITED for a checkout that has lasted as long as one may
 */
export async function reserve(
  tx: TenantTransaction,
  { id: cartId, ownerId, items }: CheckoutCart,
  terms: CheckoutTerms,
): Promise<StockReservationRow[]> {
  const productIds = items.map(({ productId }) => productId);
  const found = await levels.findAndLock(tx, productIds);
  const [before, reserved] = await Promise.all([
    reservations.ofCart(tx, cartId, terms),
    reservations.reservedUnits(tx, productIds, cartId),
  ]);
  refuseSpent(before);
  refuseShort(items, found, reserved);

  const wanted = new Set(productIds);
  const givenBack = before.filter((row) => row.isStanding && !wanted.has(row.productId));
  const [written] = await Promise.all([
    reservations.write(
      tx,
      {
        cartId,
        ownerId,
        startedAt: startOf(before),
        rows: [
          ...items.map((item) => ({ ...item, isKept: true })),
          ...givenBack.map((row) => ({ ...row, isKept: false })),
        ],
      },
      terms,
    ),
    reservations.sweep(tx, terms),
  ]);
  return written.filter(({ productId }) => wanted.has(productId));
}

/** When the checkout began that is renewed; null for a new one. */
function startOf(before: readonly OwnReservation[]): Date | null {
  if (before.length === 0) return null;
  return new Date(Math.min(...before.map(({ startedAt }) => startedAt.getTime())));
}

function refuseSpent(before: readonly OwnReservation[]): void {
  if (!before.some(({ isSpent }) => isSpent)) return;
  throw rateLimited(
    'This checkout has kept its products for as long as one may. Place the order while they are there, or begin again later.',
    Math.max(...before.map(({ secondsLeft }) => secondsLeft)),
  );
}

function refuseShort(
  items: readonly CheckoutItemRow[],
  found: readonly StockLevelRow[],
  reserved: ReadonlyMap<string, ReservedUnits>,
): void {
  const onHandOf = new Map(found.map(({ id, onHand }) => [id, onHand]));
  const shortages = items.flatMap(({ productId, quantity, isForSale }): Shortage[] => {
    const onHand = onHandOf.get(productId) ?? 0;
    const available = isForSale ? unitsFree(onHand, reserved.get(productId)) : 0;
    if (quantity <= available) return [];
    return [{ productId: encodeId('prod', productId), onHand, available, requested: quantity }];
  });
  if (shortages.length > 0) throw insufficientStock(shortages);
}
