import type { AuditClient } from './isolation-audit.js';

/** What the operator is shown of an organization: nothing that is in it. */
export interface OrganizationEntry {
  /** UUID. */
  id: string;
  slug: string;
  /** Null for one that is not suspended. */
  suspendedAt: Date | null;
  /** When its deletion becomes final; null where nobody has asked for one. */
  deletionDueAt: Date | null;
}

/**
 * Every organization, by slug, through a narrow SECURITY DEFINER function: for the operator.
 *
 * @param client of `rowhouse_owner` or a member of it; requests are not let at it
 */
export async function listOrganizations(client: AuditClient): Promise<OrganizationEntry[]> {
  const { rows } = await client.query(
    `SELECT id, slug, suspended_at AS "suspendedAt", deletion_due_at AS "deletionDueAt"
     FROM tenant_directory.list_organizations()`,
  );
  return rows as OrganizationEntry[];
}
