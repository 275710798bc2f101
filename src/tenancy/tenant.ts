import { isUuid } from '../shared/ids.js';

/** Who the database is asked to be: every row that a transaction sees belongs to `orgId`. */
export interface Tenant {
  /** UUID of the organization. */
  readonly orgId: string;
  /** UUID of the acting user, or of a visitor; null where nobody acts, e.g. while seeding or signing in. */
  readonly userId: string | null;
  /** Whether that is a customer or a guest, whom the database shows what is for sale and what is their own. */
  readonly isShopper?: boolean;
}

/**
 * The `SET LOCAL` statements that put a transaction into a tenant's context.
 *
 * The statement form, not `set_config()`: only it travels to the workers of a Citus cluster. It takes
 * no parameters, so the values are checked to be UUIDs and nothing else before they become literals.
 *
 * @param seal what proves to the database that the server says so, where that is asked for
 * @throws TypeError when an id is no UUID
 */
export function contextStatements(tenant: Tenant, seal?: string): string {
  assertTenant(tenant);
  const { orgId, userId } = tenant;
  const organization = `SET LOCAL app.current_org = '${orgId}'`;
  // An empty user is set as well: what an outer setting says must not shine through.
  const context = `${organization}; SET LOCAL app.current_user_id = '${userId ?? ''}'`;
  return seal === undefined ? context : `${context}; SET LOCAL app.tenant_seal = '${seal}'`;
}

/** @throws TypeError when an id is no UUID. That is a fault of the calling code, never of a client. */
export function assertTenant({ orgId, userId }: Tenant): void {
  if (!isUuid(orgId)) throw new TypeError('Tenant.orgId is not a UUID');
  if (userId !== null && !isUuid(userId)) throw new TypeError('Tenant.userId is not a UUID');
}
