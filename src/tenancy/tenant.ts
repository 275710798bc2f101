import { isUuid } from '../shared/ids.js';

/** Who the database is asked to be: every row that a transaction sees belongs to `orgId`. */
export interface Tenant {
  /** UUID of the organization. */
  readonly orgId: string;
  /** UUID of the acting user; null where a machine acts, e.g. while seeding or signing in. */
  readonly userId: string | null;
}

/**
 * The `SET LOCAL` statements that put a transaction into a tenant's context.
 *
 * The statement form, not `set_config()`: only it travels to the workers of a Citus cluster. It takes
 * no parameters, so the values are checked to be UUIDs and nothing else before they become literals.
 *
 * @throws TypeError when an id is no UUID. That is a fault of the calling code, never of a client.
 */
export function contextStatements({ orgId, userId }: Tenant): string {
  if (!isUuid(orgId)) throw new TypeError('Tenant.orgId is not a UUID');
  if (userId !== null && !isUuid(userId)) throw new TypeError('Tenant.userId is not a UUID');
  const organization = `SET LOCAL app.current_org = '${orgId}'`;
  // An empty user is set as well: what an outer setting says must not shine through.
  return `${organization}; SET LOCAL app.current_user_id = '${userId ?? ''}'`;
}
