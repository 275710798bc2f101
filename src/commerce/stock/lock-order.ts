import { badField } from '../../shared/errors.js';
import type { TenantTransaction } from '../../tenancy/index.js';

/** What a transaction has locked last. */
interface LevelsLocked {
  /** Of products. */
  readonly ids: ReadonlySet<string>;
  /** Whether it has taken a number of the organization since, for which all other buyers wait. */
  readonly isNumbered: boolean;
}

const lockedBy = new WeakMap<TenantTransaction, LevelsLocked>();

/**
 * Keeps one request from making others wait in a circle: its fields share a transaction, and each keeps what it has
 * locked. Nobody goes for other products once they hold a number; and shoppers, whom nobody knows, never do it twice.
 * Staff may, as whoever enters a delivery does.
 *
 * What was locked last is looked at, and not all of it: a field that has failed has let go of what it had.
 *
 * @param ids of the products whose levels are to be locked
 * @throws BAD_USER_INPUT
 */
export function keepLockOrder(tx: TenantTransaction, ids: readonly string[]): void {
  const before = lockedBy.get(tx);
  const isBehind = before !== undefined && ids.some((id) => !before.ids.has(id));
  if (isBehind && (before.isNumbered || tx.tenant.isShopper)) {
    throw badField(
      'input',
      'A field before it in this mutation has stock of other products. Send it in a request of its own, when that is answered.',
    );
  }
  lockedBy.set(tx, { ids: new Set(ids), isNumbered: before?.isNumbered ?? false });
}

/** The transaction has taken a number, which comes behind all levels. */
export function numberTaken(tx: TenantTransaction): void {
  lockedBy.set(tx, { ids: lockedBy.get(tx)?.ids ?? new Set(), isNumbered: true });
}
