/** The roles that every organization has, from the least to the most that they may do. */
export const ROLES = ['customer', 'viewer', 'member', 'admin', 'owner'] as const;
export type Role = (typeof ROLES)[number];

/** Who buys, and is no part of the organization: sees what is for sale, and what is their own. Everybody else is staff. */
export const CUSTOMER_ROLE = 'customer' satisfies Role;

/** What `role` says for who has a role that the organization has made for itself. */
export const CUSTOM_ROLE = 'custom';
export type RoleName = Role | typeof CUSTOM_ROLE;

/**
 * What a role may do beyond reading, which all staff of an organization may: all but the audit trail. From
 * the least to the most: who lacks several is told the last of them.
 */
export const PERMISSIONS = [
  'tasks:write',
  'stock:write',
  'orders:write',
  'catalog:write',
  'projects:write',
  'users:write',
  'audit:read',
  'roles:write',
  'credentials:write',
  'organization:write',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** What each permission is for, for who puts roles together. */
export const PERMISSION_DESCRIPTIONS: Record<Permission, string> = {
  'tasks:write': 'Makes, changes, assigns and deletes tasks.',
  'stock:write': 'Receives and corrects stock, and says when it is low.',
  'orders:write': 'Pays orders of others, ships and delivers them, cancels and refunds them.',
  'catalog:write': 'Makes, changes, imports and deletes products and their categories.',
  'projects:write': 'Makes, changes and deletes projects.',
  'users:write':
    'Makes accounts, disables and removes them, and gives them roles; of people who may do no more than the caller.',
  'audit:read': 'Reads the audit trail.',
  'roles:write':
    'Makes and changes roles of the organization; those that may do no more than the caller.',
  'credentials:write': 'Makes and revokes the credentials of machines.',
  'organization:write': 'Changes the organization itself, and makes owners.',
};

/** What makes an owner. No other role has it, so that the last owner is the last who may do this. */
export const OWNERS_PERMISSION = 'organization:write' satisfies Permission;

const GRANTS: Record<Role, ReadonlySet<Permission>> = {
  customer: new Set(),
  viewer: new Set(),
  member: new Set<Permission>(['tasks:write', 'stock:write', 'orders:write']),
  admin: new Set<Permission>([
    'tasks:write',
    'stock:write',
    'orders:write',
    'catalog:write',
    'projects:write',
    'users:write',
    'audit:read',
  ]),
  owner: new Set(PERMISSIONS),
};

const NOTHING: ReadonlySet<Permission> = new Set();

/** What somebody may do, and by which role. */
export interface Grant {
  readonly role: RoleName;
  readonly permissions: ReadonlySet<Permission>;
}

export function isRole(value: unknown): value is Role {
  return ROLES.includes(value as Role);
}

export function isPermission(value: unknown): value is Permission {
  return PERMISSIONS.includes(value as Permission);
}

/** What a role that every organization has grants; nothing for a name that is none. */
export function permissionsOf(role: string): ReadonlySet<Permission> {
  return isRole(role) ? GRANTS[role] : NOTHING;
}

/**
 * What a role of the organization's own grants.
 *
 * @param names as stored; one that is no permission any more grants nothing, nor does the owners' own
 */
export function customPermissions(names: readonly unknown[]): ReadonlySet<Permission> {
  return new Set(PERMISSIONS.filter((name) => name !== OWNERS_PERMISSION && names.includes(name)));
}

/**
 * What somebody may do by a role as it is stored, or claimed.
 *
 * @param names what the role grants, where it is one of the organization's own; else not looked at
 * @returns null for what is no role
 */
export function grantOf(role: unknown, names: unknown): Grant | null {
  if (isRole(role)) return { role, permissions: GRANTS[role] };
  if (role !== CUSTOM_ROLE || !Array.isArray(names)) return null;
  return { role, permissions: customPermissions(names) };
}

/** The greatest of the permissions wanted that is not among those held; undefined when all are. */
export function lacking(
  held: ReadonlySet<Permission>,
  wanted: ReadonlySet<Permission>,
): Permission | undefined {
  return PERMISSIONS.findLast((permission) => wanted.has(permission) && !held.has(permission));
}
