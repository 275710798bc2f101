import { ValidateBy } from 'class-validator';
import { badField } from '../../shared/errors.js';
import {
  CUSTOM_ROLE,
  customPermissions,
  isPermission,
  isRole,
  OWNERS_PERMISSION,
  PERMISSIONS,
  type Permission,
} from '../roles.js';

/** A name that nobody takes for a role that all organizations have. Undefined and null pass. */
export function RoleName(): PropertyDecorator {
  return ValidateBy({
    name: 'roleName',
    validator: {
      validate: (value) => {
        const name = String(value).trim().toLowerCase();
        return !isRole(name) && name !== CUSTOM_ROLE;
      },
      defaultMessage: () => 'All organizations have a role of this name. Choose another.',
    },
  });
}

/** @param path where the name stands in the arguments. @throws BAD_USER_INPUT for what is no permission */
export function requirePermission(name: string, path: string): Permission {
  if (isPermission(name)) return name;
  throw badField(path, `There is no such permission. There are: ${PERMISSIONS.join(', ')}.`);
}

/**
 * What a role of the organization's own is to grant.
 *
 * @param path where the names stand in the arguments
 * @throws BAD_USER_INPUT for what is no permission, and for what only owners have
 */
export function requireGrantable(names: string[], path: string): ReadonlySet<Permission> {
  for (const [index, name] of names.entries()) {
    if (requirePermission(name, `${path}.${index}`) !== OWNERS_PERMISSION) continue;
    throw badField(
      `${path}.${index}`,
      `${OWNERS_PERMISSION} is what makes an owner; no other role has it.`,
    );
  }
  return customPermissions(names);
}
