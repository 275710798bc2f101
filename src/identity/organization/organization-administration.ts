import type { Clock } from '../../shared/clock.js';
import { countTenantRows, type TableCount, type Tenancy } from '../../tenancy/index.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { recordOrganizationEvent } from '../audit/organization-events.js';
import type { SessionStore } from '../session/session.store.js';
import type { LocalDayRecords } from './local-day-records.js';
import type { OrganizationStore } from './organization.store.js';

export interface OrganizationAdministrationOptions {
  readonly tenancy: Tenancy;
  readonly organizations: OrganizationStore;
  readonly sessions: SessionStore;
  readonly clock: Clock;
  readonly dayRecords: LocalDayRecords;
}

/** What an erasure came to, in every tenant table that the catalog has. */
export interface Erasure {
  /** What there was. */
  readonly before: TableCount[];
  /** What is there now: rows are zero. */
  readonly after: TableCount[];
}

/** Rows of an organization that its deletion does not take along. */
export class ErasureIncompleteError extends Error {
  override readonly name = 'ErasureIncompleteError';

  /**
   * @param left the tables, with how many rows each
   * @param isUndone whether the organization is still there, with all that it had
   */
  constructor(
    readonly left: TableCount[],
    readonly isUndone: boolean,
  ) {
    super(`Rows are left in ${left.map(({ table }) => table).join(', ')}`);
  }
}

/**
 * What the operator does to an organization from outside. It works in the context of that organization
 * alone, held by the same policies as a request, and is recorded without an actor.
 */
export class OrganizationAdministration {
  readonly #options: OrganizationAdministrationOptions;

  constructor(options: OrganizationAdministrationOptions) {
    this.#options = options;
  }

  /**
   * Keeps everybody out: no session is opened any more, and those that are open end at once.
   *
   * @param orgId UUID
   * @param reason for the audit trail, which the organization's administrators read later on
   * @returns how many sessions ended; null when it was suspended already, or is gone
   */
  suspend(orgId: string, reason: string): Promise<number | null> {
    const { organizations, sessions, clock } = this.#options;
    return this.#within(orgId, async (tx) => {
      const organization = await organizations.lock(tx);
      if (!organization || organization.suspendedAt !== null) return null;
      // First this, then the sessions: whoever signs in at this moment waits, or is found.
      await organizations.update(tx, { suspendedAt: clock.now() });
      const ended = await sessions.deleteAll(tx);
      await recordOrganizationEvent(tx, AuditEventKind.ORGANIZATION_SUSPENDED, {
        ...BY_OPERATOR,
        details: { reason },
      });
      return ended;
    });
  }

  /**
   * Makes all that is kept by local days anew, however long it takes: whoever pays an order of the organization
   * meanwhile waits.
   *
   * @param timeZone the organization's from then on; as it is when left out
   * @returns false when the organization is gone
   * @throws BAD_USER_INPUT for a time zone that the database does not know
   */
  rebuildDays(orgId: string, timeZone?: string): Promise<boolean> {
    const { organizations, dayRecords } = this.#options;
    return this.#within(orgId, async (tx) => {
      const organization = await organizations.lock(tx);
      if (!organization) return false;
      if (timeZone !== undefined && timeZone !== organization.timeZone) {
        await organizations.requireTimeZone(tx, timeZone);
        await organizations.update(tx, { timeZone });
        await recordOrganizationEvent(tx, AuditEventKind.ORGANIZATION_UPDATED, {
          ...BY_OPERATOR,
          details: { fields: ['timeZone'] },
        });
      }
      await dayRecords.rebuild(tx);
      return true;
    });
  }

  /**
   * Lets people sign in again.
   *
   * @returns false when it was not suspended, or is gone
   */
  resume(orgId: string): Promise<boolean> {
    const { organizations } = this.#options;
    return this.#within(orgId, async (tx) => {
      const organization = await organizations.lock(tx);
      if (!organization || organization.suspendedAt === null) return false;
      await organizations.update(tx, { suspendedAt: null });
      await recordOrganizationEvent(tx, AuditEventKind.ORGANIZATION_RESUMED, {
        ...BY_OPERATOR,
        details: {},
      });
      return true;
    });
  }

  /**
   * Has tokens be good without a secret of the organization again: for when it was lost.
   *
   * @returns false when none was required, or the organization is gone
   */
  liftTenantSecret(orgId: string): Promise<boolean> {
    const { organizations } = this.#options;
    return this.#within(orgId, async (tx) => {
      const organization = await organizations.lock(tx);
      if (!organization?.requireTenantSecret) return false;
      await organizations.update(tx, { requireTenantSecret: false });
      await recordOrganizationEvent(tx, AuditEventKind.ORGANIZATION_UPDATED, {
        ...BY_OPERATOR,
        details: { fields: ['requireTenantSecret'] },
      });
      return true;
    });
  }

  /** When the deletion becomes final; null where nobody has asked for one, or the organization is gone. */
  async deletionDueAt(orgId: string): Promise<Date | null> {
    const { organizations, tenancy } = this.#options;
    const [organization] = await tenancy.withTenant({ orgId, userId: null }, 'read', (tx) =>
      organizations.findByIds(tx, [orgId]),
    );
    return organization?.deletionDueAt ?? null;
  }

  /** How many rows the organization has in each tenant table of the catalog. */
  countRows(orgId: string): Promise<TableCount[]> {
    return this.#options.tenancy.withTenant({ orgId, userId: null }, 'read', countTenantRows);
  }

  /**
   * Deletes the organization with all that belongs to it. Looks twice whether anything of it is left in any tenant
   * table: before the deletion is committed, so that none is half done; and behind it, as anybody would see it.
   *
   * @param options.evenBeforeDue whether one goes whose deletion nobody has asked for, or is not due yet
   * @returns null when it is not due (any more), or is gone
   * @throws ErasureIncompleteError when a table keeps rows
   */
  async erase(
    orgId: string,
    { evenBeforeDue = false }: { evenBeforeDue?: boolean } = {},
  ): Promise<Erasure | null> {
    const { organizations, clock } = this.#options;
    const before = await this.#within(orgId, async (tx) => {
      // Whoever cancels the deletion at this moment comes before or after.
      const organization = await organizations.lock(tx);
      if (!organization) return null;
      if (!evenBeforeDue && !isDeletionDue(organization, clock.now())) return null;
      const counts = await countTenantRows(tx);
      await organizations.delete(tx);
      const left = (await countTenantRows(tx)).filter(({ rows }) => rows > 0);
      if (left.length > 0) throw new ErasureIncompleteError(left, true);
      return counts;
    });
    if (!before) return null;
    const after = await this.countRows(orgId);
    const left = after.filter(({ rows }) => rows > 0);
    if (left.length > 0) throw new ErasureIncompleteError(left, false);
    return { before, after };
  }

  #within<T>(orgId: string, work: Parameters<typeof Tenancy.prototype.withTenant<T>>[2]) {
    return this.#options.tenancy.withTenant({ orgId, userId: null }, 'write', work);
  }
}

/** Whether the deletion of an organization has become final. */
export function isDeletionDue(
  { deletionDueAt }: { deletionDueAt: Date | null },
  now: Date,
): boolean {
  return deletionDueAt !== null && deletionDueAt <= now;
}

/** Who is at the command line is nobody that the organization knows. */
const BY_OPERATOR = { actorId: null, address: null };
