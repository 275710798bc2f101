import { badField, insufficientStock, notFound } from '../../shared/errors.js';
import { encodeId, newUuid } from '../../shared/ids.js';
import type { TenantTransaction } from '../../tenancy/index.js';
import { type StockLevelRow, StockLevelStore } from './stock-level.store.js';
import { type NewStockMovement, StockMovementStore } from './stock-movement.store.js';
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

/**
 * Moves stock: all of `moves`, one after the other, or none. Whoever changes how much there is of a product does it
 * here, so that it stays the sum of the product's movements.
 *
 * The levels of all products are locked first, in the order of their ids, until the transaction ends. So it is called
 * once in a transaction, with all that moves.
 *
 * @returns the products that were not low in stock before, and are now: for `StockAlerts.raise`
 * @throws INSUFFICIENT_STOCK when there is less of a product than is to go; NOT_FOUND for a product that is not there;
 *   BAD_USER_INPUT where there would be more than can be counted
 */
export async function moveStock(
  tx: TenantTransaction,
  moves: readonly StockMove[],
): Promise<LowStock[]> {
  const found = await levels.findAndLock(
    tx,
    moves.map(({ productId }) => productId),
  );
  const counts = new Map(found.map((level) => [level.id, new Count(level)]));
  const made: NewStockMovement[] = [];
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
  if (short.length > 0) throw insufficientStock(short.map((count) => count.shortage()));
  if (all.some(({ isTooMuch }) => isTooMuch)) {
    throw badField(
      'input.quantity',
      'There would be more than 1,000,000,000 units of the product.',
    );
  }
  if (made.length === 0) return [];
  await movements.record(tx, made, all);
  return all.flatMap(({ level, onHand }) => newlyLow(level, { ...level, onHand }));
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

/** What there is of a product, while its movements are gone through. */
class Count {
  readonly productId: string;
  onHand: number;
  unitsSold = 0;
  isShort = false;
  isTooMuch = false;
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
  }

  shortage() {
    const { productId, level } = this;
    return {
      productId: encodeId('prod', productId),
      onHand: level.onHand,
      requested: this.#wanted,
    };
  }
}
