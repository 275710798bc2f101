import { badField, insufficientStock, notFound, type Shortage } from '../../shared/errors.js';
import { encodeId, newUuid } from '../../shared/ids.js';
import type { TenantTransaction } from '../../tenancy/index.js';
import {
  type ReservedUnits,
  StockReservationStore,
} from '../reservation/stock-reservation.store.js';
import { unitsFree } from '../reservation/units-free.js';
import { type StockLevelRow, StockLevelStore } from './stock-level.store.js';
import {
  type NewStockMovement,
  StockMovementStore,
  type StockSale,
} from './stock-movement.store.js';
import { StockMovementKind } from './stock-movement.type.js';
import { MOST_UNITS } from './units.validator.js';

/** Units of a product that come into stock or go out of it. */
export interface StockMove {
  /** UUID. */
  readonly productId: string;
  readonly kind: StockMovementKind;
  /** Units that come, negative for those that go; or how many there turned out to be. */
  readonly units: { readonly by: number } | { readonly to: number };
  readonly note: string;
  /** UUID of the user who does it; null for nobody. */
  readonly actorId: string | null;
  /** Of a sale: UUID of the cart that is sold, whose row is locked. All sales of one call are of the same, or of none. */
  readonly cartId?: string;
}

/** A product that has just become low in stock. */
export interface LowStock {
  /** UUID. */
  readonly productId: string;
  readonly onHand: number;
  readonly threshold: number;
}

const levels = new StockLevelStore();
const movements = new StockMovementStore();
const reservations = new StockReservationStore();

/**
 * Moves stock: all of `moves`, one after the other, or none. Whoever changes how much there is of a product does it
 * here, so that it stays the sum of the product's movements.
 *
 * The levels of all products are locked first, in the order of their ids, until the transaction ends. So it is called
 * once in a transaction, with all that moves.
 *
 * A sale takes nothing that is reserved for another cart. Its own cart's reservations are free for it, and none is left
 * afterwards. Whatever else goes, goes: what is lost is lost, whoever has reserved it.
 *
 * @returns the products that were not low in stock before, and are now: for `StockAlerts.raise`
 * @throws INSUFFICIENT_STOCK when there is less of a product than is to go, or can be had; NOT_FOUND for a product that is not there;
 *   BAD_USER_INPUT where there would be more than can be counted
 */
export async function moveStock(
  tx: TenantTransaction,
  moves: readonly StockMove[],
): Promise<LowStock[]> {
  const planned = await planMoves(tx, moves);
  await planned.record();
  return planned.low;
}

/** Moves of stock that are worked out, under the locks of their levels, and not written yet. */
export interface PlannedMoves {
  /** The products that were not low in stock before, and will be: for `StockAlerts.raise`. */
  readonly low: LowStock[];
  /** Writes all of it. @throws INSUFFICIENT_STOCK where others have reserved what is to go: nothing is written then */
  record(): Promise<void>;
}

/**
 * The first half of `moveStock`, for whoever has something to look at before it is written, or to send along with that.
 *
 * @throws as `moveStock`, but for what others have reserved
 */
export async function planMoves(
  tx: TenantTransaction,
  moves: readonly StockMove[],
): Promise<PlannedMoves> {
  const found = await levels.findAndLock(
    tx,
    moves.map(({ productId }) => productId),
  );
  const counts = new Map(found.map((level) => [level.id, new Count(level)]));
  const made: NewStockMovement[] = [];
  const cartId = cartOf(moves);
  for (const { productId, kind, units, note, actorId } of moves) {
    const count = counts.get(productId);
    if (!count) throw notFound(encodeId('prod', productId));
    const quantity = 'by' in units ? units.by : units.to - count.onHand;
    // Somebody has counted, and it was right.
    if (quantity === 0) continue;
    count.move(kind, quantity);
    made.push({ id: newUuid(), productId, kind, quantity, onHand: count.onHand, actorId, note });
  }
  const all = [...counts.values()];
  const short = all.filter(({ isShort }) => isShort);
  if (short.length > 0) {
    const sold = short.flatMap(({ productId, sale }) => (sale ? [productId] : []));
    const reserved = await reservations.reservedUnits(tx, sold, cartId);
    throw insufficientStock(short.map((count) => count.shortage(reserved.get(count.productId))));
  }
  if (all.some(({ isTooMuch }) => isTooMuch)) {
    throw badField(
      'input.quantity',
      'There would be more than 1,000,000,000 units of the product.',
    );
  }
  if (made.length === 0) return { low: [], record: async () => undefined };
  return {
    low: all.flatMap(({ level, onHand }) => newlyLow(level, { ...level, onHand })),
    async record() {
      const sales = all.flatMap(({ sale }) => sale ?? []);
      const refused = await movements.record(tx, made, all, sales, cartId);
      if (refused.length === 0) return;
      throw insufficientStock(
        refused.map(({ productId, ...reserved }) =>
          (counts.get(productId) as Count).shortage(reserved),
        ),
      );
    },
  };
}

/** Whether a level has become low in stock. @param before locked */
export function newlyLow(
  before: Pick<StockLevelRow, 'lowSince'>,
  { id, onHand, lowStockThreshold }: Pick<StockLevelRow, 'id' | 'onHand' | 'lowStockThreshold'>,
): LowStock[] {
  const isLow = lowStockThreshold !== null && onHand <= lowStockThreshold;
  if (!isLow || before.lowSince !== null) return [];
  return [{ productId: id, onHand, threshold: lowStockThreshold }];
}

/** @throws TypeError for sales of several carts: what one has reserved would go to another */
function cartOf(moves: readonly StockMove[]): string | null {
  const sales = moves.filter(({ kind }) => kind === StockMovementKind.SALE);
  const [cartId = null, ...others] = new Set(sales.map((sale) => sale.cartId ?? null));
  if (others.length > 0) throw new TypeError('These are sales of several carts.');
  return cartId;
}

/** What there is of a product, while its movements are gone through. */
class Count {
  readonly productId: string;
  onHand: number;
  unitsSold = 0;
  isShort = false;
  isTooMuch = false;
  /** What was sold of it; undefined while nothing was. */
  sale: StockSale | undefined;
  #wanted = 0;

  constructor(readonly level: StockLevelRow) {
    this.productId = level.id;
    this.onHand = level.onHand;
  }

  move(kind: StockMovementKind, quantity: number): void {
    this.onHand += quantity;
    if (this.onHand < 0) this.isShort = true;
    if (this.onHand > MOST_UNITS) this.isTooMuch = true;
    if (quantity < 0) this.#wanted -= quantity;
    if (kind === StockMovementKind.SALE || kind === StockMovementKind.RETURN) {
      this.unitsSold -= quantity;
    }
    if (kind === StockMovementKind.SALE) {
      const { productId, onHand, sale = { quantity: 0, left: onHand } } = this;
      const left = Math.min(sale.left, onHand);
      this.sale = { productId, quantity: sale.quantity - quantity, left };
    }
  }

  /** @param reserved of the product, where it is sold */
  shortage(reserved?: ReservedUnits): Shortage {
    const { productId, level } = this;
    return {
      productId: encodeId('prod', productId),
      onHand: level.onHand,
      ...(reserved && { available: unitsFree(level.onHand, reserved) }),
      requested: this.#wanted,
    };
  }
}
