import type { Clock } from '../../shared/clock.js';
import { badField, notFound } from '../../shared/errors.js';
import { encodeId } from '../../shared/ids.js';
import { AuditEventKind } from '../audit/audit.type.js';
import {
  type OrganizationEventDetails,
  recordOrganizationEvent,
} from '../audit/organization-events.js';
import { type RequestContext, requireCaller } from '../request-context.js';
import type { SessionStore } from '../session/session.store.js';
import type { TenantSecretStore } from '../tenant-secret/tenant-secret.store.js';
import type { LocalDayRecords } from './local-day-records.js';
import type { DeleteOrganizationInput, UpdateOrganizationInput } from './organization.input.js';
import type { OrganizationRow, OrganizationStore } from './organization.store.js';

export interface OrganizationServiceOptions {
  readonly organizations: OrganizationStore;
  readonly sessions: SessionStore;
  readonly tenantSecrets: TenantSecretStore;
  readonly clock: Clock;
  readonly deletion: DeletionSettings;
  readonly dayRecords: LocalDayRecords;
}

export interface DeletionSettings {
  /** How long a deletion can still be cancelled, in days. No access token may live longer. */
  readonly graceDays: number;
}

const DAY_MS = 86_400_000;

/** What an organization does to itself. What the operator does to it: `OrganizationAdministration`. */
export class OrganizationService {
  readonly #options: OrganizationServiceOptions;

  constructor(options: OrganizationServiceOptions) {
    this.#options = options;
  }

  /** @throws ALREADY_EXISTS when another organization has the slug; BAD_USER_INPUT */
  async update(
    ctx: RequestContext,
    { name, slug, requireTenantSecret, timeZone, orderMail }: UpdateOrganizationInput,
  ): Promise<OrganizationRow> {
    const organization = await this.#lock(ctx);
    const changes: Partial<
      Pick<OrganizationRow, 'name' | 'slug' | 'requireTenantSecret' | 'timeZone' | 'orderMail'>
    > = {};
    if (name !== undefined && name !== organization.name) changes.name = name;
    if (slug !== undefined && slug !== organization.slug) changes.slug = slug;
    if (
      requireTenantSecret !== undefined &&
      requireTenantSecret !== organization.requireTenantSecret
    ) {
      if (requireTenantSecret) await this.#refuseLockOut(ctx);
      changes.requireTenantSecret = requireTenantSecret;
    }
    if (timeZone !== undefined && timeZone !== organization.timeZone) {
      await this.#requireChangeable(ctx, organization, timeZone);
      changes.timeZone = timeZone;
    }
    if (orderMail !== undefined && orderMail !== organization.orderMail) {
      changes.orderMail = orderMail;
    }
    const fields = Object.keys(changes);
    if (fields.length === 0) return organization;
    const row = await this.#change(ctx, changes);
    // Access tokens say whether they are good alone, so that no request has to ask. Those that say no are good again
    // when they are refreshed.
    if (changes.requireTenantSecret) await this.#options.sessions.renewAllStamps(ctx.tx);
    if (changes.timeZone) await this.#options.dayRecords.rebuild(ctx.tx);
    await this.#record(ctx, AuditEventKind.ORGANIZATION_UPDATED, { fields });
    return row;
  }

  /**
   * Has the organization deleted once the grace is over. Asking again does not put it off.
   *
   * @throws BAD_USER_INPUT when the slug is not that of the organization
   */
  async requestDeletion(
    ctx: RequestContext,
    { slug }: DeleteOrganizationInput,
  ): Promise<OrganizationRow> {
    const organization = await this.#lock(ctx);
    if (slug !== organization.slug) {
      throw badField(
        'input.slug',
        `This is not the slug of your organization. To delete it, type ${organization.slug}.`,
      );
    }
    if (organization.deletionDueAt !== null) return organization;
    const deletionDueAt = new Date(
      this.#options.clock.now().getTime() + this.#options.deletion.graceDays * DAY_MS,
    );
    const row = await this.#change(ctx, { deletionDueAt });
    const details = { dueAt: deletionDueAt.toISOString() };
    await this.#record(ctx, AuditEventKind.ORGANIZATION_DELETION_REQUESTED, details);
    return row;
  }

  /** Takes back a request for deletion, if there is one. */
  async cancelDeletion(ctx: RequestContext): Promise<OrganizationRow> {
    const organization = await this.#lock(ctx);
    if (organization.deletionDueAt === null) return organization;
    const row = await this.#change(ctx, { deletionDueAt: null });
    await this.#record(ctx, AuditEventKind.ORGANIZATION_DELETION_CANCELLED, {});
    return row;
  }

  /**
   * Whoever requires the secret has it, and it is there until somebody revokes it, which the last one cannot be.
   *
   * @throws BAD_USER_INPUT
   */
  async #refuseLockOut(ctx: RequestContext): Promise<void> {
    const path = 'input.requireTenantSecret';
    if (!requireCaller(ctx).hasTenantSecret) {
      throw badField(
        path,
        'Send this request with x-tenant-id and x-tenant-secret, to show that they are good.',
      );
    }
    if (!(await this.#options.tenantSecrets.hasLasting(ctx.tx))) {
      throw badField(path, 'Make a secret that does not end by itself first.');
    }
  }

  /** @throws BAD_USER_INPUT for a time zone that cannot be changed to, or not within a request */
  async #requireChangeable(
    ctx: RequestContext,
    { slug }: OrganizationRow,
    timeZone: string,
  ): Promise<void> {
    const { organizations, dayRecords } = this.#options;
    await organizations.requireTimeZone(ctx.tx, timeZone);
    if (!(await dayRecords.areTooMany(ctx.tx))) return;
    throw badField(
      'input.timeZone',
      `There are too many orders to be summed up anew within a request. Ask the operator of the service for it: npm run organizations -- rebuild-sales ${slug} --time-zone ${timeZone}`,
    );
  }

  /** @throws NOT_FOUND when the organization was erased since the caller signed in */
  async #lock(ctx: RequestContext): Promise<OrganizationRow> {
    return (await this.#options.organizations.lock(ctx.tx)) ?? gone(ctx);
  }

  async #change(
    ctx: RequestContext,
    changes: Parameters<OrganizationStore['update']>[1],
  ): Promise<OrganizationRow> {
    return (await this.#options.organizations.update(ctx.tx, changes)) ?? gone(ctx);
  }

  async #record<Kind extends keyof OrganizationEventDetails>(
    ctx: RequestContext,
    kind: Kind,
    details: OrganizationEventDetails[Kind],
  ): Promise<void> {
    const { userId } = requireCaller(ctx);
    await recordOrganizationEvent(ctx.tx, kind, {
      actorId: userId,
      address: ctx.client.address,
      details,
    });
  }
}

function gone(ctx: RequestContext): never {
  throw notFound(encodeId('org', requireCaller(ctx).orgId));
}
