/** Every role, from the least to the most that it may do. */
export const ROLES = ['viewer', 'member', 'admin', 'owner'] as const;
export type Role = (typeof ROLES)[number];

/** What a role may do beyond reading, which everybody in an organization may: all but the audit trail. */
export const PERMISSIONS = [
  'tasks:write',
  'projects:write',
  'users:write',
  'audit:read',
  'roles:write',
  'credentials:write',
  'organization:write',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

const GRANTS: Record<Role, ReadonlySet<Permission>> = {
  viewer: new Set(),
  member: new Set<Permission>(['tasks:write']),
  admin: new Set<Permission>(['tasks:write', 'projects:write', 'users:write', 'audit:read']),
  owner: new Set(PERMISSIONS),
};

const NOTHING: ReadonlySet<Permission> = new Set();

export function isRole(value: unknown): value is Role {
  return ROLES.includes(value as Role);
}

export function isPermission(value: unknown): value is Permission {
  return PERMISSIONS.includes(value as Permission);
}

/** What a role grants; nothing for a name that is no role. */
export function permissionsOf(role: string): ReadonlySet<Permission> {
  return isRole(role) ? GRANTS[role] : NOTHING;
}

/** Whether `role` includes all of `other` and more; a name that is no role is below all of them. */
export function outranks(role: string, other: string): boolean {
  return ROLES.indexOf(role as Role) > ROLES.indexOf(other as Role);
}
