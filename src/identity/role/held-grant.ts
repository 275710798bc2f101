import type { TenantTransaction } from '../../tenancy/index.js';
import { type Grant, grantOf } from '../roles.js';
import { type RoleRow, RoleStore } from './role.store.js';

const store = new RoleStore();

/** A role as a user's row has it. */
interface Holder {
  role: string;
  customRoleId: string | null;
}

/**
 * What somebody may do who has this role, which stays so until the transaction ends. In a statement of its own
 * that begins when the user is locked already: one that has waited for a change of the user would not see a
 * role that was made meanwhile.
 *
 * @param holder as the user's row has it
 * @param tx a write: what only reads may not lock
 * @returns null for what is no role
 */
export function heldGrant(tx: TenantTransaction, holder: Holder): Promise<Grant | null> {
  return grantBy(holder, (id) => store.findAndHold(tx, id));
}

/** What somebody may do who has this role, as far as it is known now. @returns null for what is no role */
export function presentGrant(tx: TenantTransaction, holder: Holder): Promise<Grant | null> {
  return grantBy(holder, async (id) => (await store.findByIds(tx, [id]))[0] ?? null);
}

async function grantBy(
  { role, customRoleId }: Holder,
  find: (id: string) => Promise<RoleRow | null>,
): Promise<Grant | null> {
  if (customRoleId === null) return grantOf(role, null);
  return grantOf(role, (await find(customRoleId))?.permissions);
}
