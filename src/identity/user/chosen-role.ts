import { badField } from '../../shared/errors.js';
import { decodeId, encodeId } from '../../shared/ids.js';
import type { TenantTransaction } from '../../tenancy/index.js';
import type { RoleInTrail } from '../audit/role-events.js';
import type { RoleStore } from '../role/role.store.js';
import { CUSTOM_ROLE, type Grant, grantOf } from '../roles.js';
import type { CreateUserInput } from './user.input.js';
import type { UserRow } from './user.store.js';
import { UserRole } from './user.type.js';

/** A role as a user's row has it. */
export type ChosenRole = Pick<UserRow, 'role' | 'customRoleId'>;

/** What a role grants; and which it is, where it is one of the organization's own. */
export type HeldGrant = Grant & { readonly custom: RoleInTrail | null };

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
  roles: RoleStore,
  { role, customRoleId }: ChosenRole,
  missing: Error,
): Promise<HeldGrant> {
  const custom = customRoleId === null ? null : await roles.findAndHold(tx, customRoleId);
  const grant = grantOf(role, custom?.permissions);
  if (!grant) throw missing;
  return {
    ...grant,
    custom: custom ? { id: encodeId('role', custom.id), name: custom.name } : null,
  };
}

/** The role of an account, as the audit trail tells it. */
export function trailOf({ role, custom }: HeldGrant) {
  return { role, ...(custom && { customRole: custom }) };
}
