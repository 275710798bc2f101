import { encodeId } from '../../shared/ids.js';
import type { TenantTransaction } from '../../tenancy/index.js';
import type { RoleInTrail } from '../audit/role-events.js';
import { type Grant, grantOf } from '../roles.js';
import { type RoleRow, RoleStore } from './role.store.js';

const store = new RoleStore();

/** A role as the row of a user, or of an invitation, has it. */
interface Holder {
  role: string;
  customRoleId: string | null;
}

/** What a role grants; and which it is, where it is one of the organization's own. */
export type HeldGrant = Grant & { readonly custom: RoleInTrail | null };

/**
 * What somebody may do who has this role, which stays so until the transaction ends. In a statement of its own
 * that begins when the user is locked already: one that has waited for a change of the user would not see a
 * role that was made meanwhile.
 *
 * @param holder as the user's row has it
 * @param tx a write: what only reads may not lock
 * @returns null for what is no role
 */
export function heldGrant(tx: TenantTransaction, holder: Holder): Promise<HeldGrant | null> {
  return grantBy(holder, (id) => store.findAndHold(tx, id));
}

/** What somebody may do who has this role, as far as it is known now. @returns null for what is no role */
export function presentGrant(tx: TenantTransaction, holder: Holder): Promise<HeldGrant | null> {
  return grantBy(holder, async (id) => (await store.findByIds(tx, [id]))[0] ?? null);
}

async function grantBy(
  { role, customRoleId }: Holder,
  find: (id: string) => Promise<RoleRow | null>,
): Promise<HeldGrant | null> {
  const custom = customRoleId === null ? null : await find(customRoleId);
  const grant = grantOf(role, custom?.permissions);
  const inTrail = custom && { id: encodeId('role', custom.id), name: custom.name };
  return grant && { ...grant, custom: inTrail };
}
