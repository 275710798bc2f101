import { badField } from '../../shared/errors.js';
import { decodeId } from '../../shared/ids.js';
import type { TenantTransaction } from '../../tenancy/index.js';
import { type HeldGrant, heldGrant } from '../role/held-grant.js';
import { CUSTOM_ROLE } from '../roles.js';
import type { CreateUserInput } from './user.input.js';
import type { UserRow } from './user.store.js';
import { UserRole } from './user.type.js';

/** A role as a user's row has it. */
export type ChosenRole = Pick<UserRow, 'role' | 'customRoleId'>;

/** The one role that an input names. @throws BAD_USER_INPUT when it names two, or none */
export function chosenRole({
  role,
  customRoleId,
}: Pick<CreateUserInput, 'role' | 'customRoleId'>): ChosenRole {
  if (role === UserRole.CUSTOM) {
    throw badField('input.role', 'Say which one with customRoleId, and leave role out.');
  }
  if (customRoleId == null) {
    if (role == null) throw badField('input.role', 'Give either role or customRoleId.');
    return { role, customRoleId: null };
  }
  if (role != null)
    throw badField('input.customRoleId', 'Give either role or customRoleId, not both.');
  return { role: CUSTOM_ROLE, customRoleId: decodeId('role', customRoleId, 'input.customRoleId') };
}

/**
 * What a role grants, which stays so until the transaction ends.
 *
 * @throws missing, where there is no such role
 */
export async function holdRole(
  tx: TenantTransaction,
  chosen: ChosenRole,
  missing: Error,
): Promise<HeldGrant> {
  const grant = await heldGrant(tx, chosen);
  if (!grant) throw missing;
  return grant;
}
