import type { TenantTransaction } from '../../tenancy/index.js';
import { type Grant, grantOf } from '../roles.js';
import { RoleStore } from './role.store.js';

const store = new RoleStore();

/**
 * What somebody may do who has this role, which stays so until the transaction ends. In a statement of its own
 * that begins when the user is locked already: one that has waited for a change of the user would not see a
 * role that was made meanwhile.
 *
 * @param holder as the user's row has it
 * @returns null for what is no role
 */
export async function heldGrant(
  tx: TenantTransaction,
  { role, customRoleId }: { role: string; customRoleId: string | null },
): Promise<Grant | null> {
  if (customRoleId === null) return grantOf(role, null);
  const custom = await store.findAndHold(tx, customRoleId);
  return grantOf(role, custom?.permissions);
}
