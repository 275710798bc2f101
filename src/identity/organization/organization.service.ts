import type { Clock } from '../../shared/clock.js';
import { badField, notFound } from '../../shared/errors.js';
import { encodeId } from '../../shared/ids.js';
import { AuditEventKind } from '../audit/audit.type.js';
import {
  type OrganizationEventDetails,
  recordOrganizationEvent,
} from '../audit/organization-events.js';
import { type RequestContext, requireCaller } from '../request-context.js';
import type { DeleteOrganizationInput, UpdateOrganizationInput } from './organization.input.js';
import type { OrganizationRow, OrganizationStore } from './organization.store.js';

export interface DeletionSettings {
  /** How long a deletion can still be cancelled, in days. No access token may live longer. */
  readonly graceDays: number;
}

const DAY_MS = 86_400_000;

/** What an organization does to itself. What the operator does to it: `OrganizationAdministration`. */
export class OrganizationService {
  readonly #store: OrganizationStore;
  readonly #clock: Clock;
  readonly #deletion: DeletionSettings;

  constructor(store: OrganizationStore, clock: Clock, deletion: DeletionSettings) {
    this.#store = store;
    this.#clock = clock;
    this.#deletion = deletion;
  }

  /** @throws ALREADY_EXISTS when another organization has the slug */
  async update(
    ctx: RequestContext,
    { name, slug }: UpdateOrganizationInput,
  ): Promise<OrganizationRow> {
    const organization = await this.#lock(ctx);
    const changes: Partial<Pick<OrganizationRow, 'name' | 'slug'>> = {};
    if (name !== undefined && name !== organization.name) changes.name = name;
    if (slug !== undefined && slug !== organization.slug) changes.slug = slug;
    const fields = Object.keys(changes);
    if (fields.length === 0) return organization;
    const row = await this.#change(ctx, changes);
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
    const deletionDueAt = new Date(this.#clock.now().getTime() + this.#deletion.graceDays * DAY_MS);
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

  /** @throws NOT_FOUND when the organization was erased since the caller signed in */
  async #lock(ctx: RequestContext): Promise<OrganizationRow> {
    return (await this.#store.lock(ctx.tx)) ?? gone(ctx);
  }

  async #change(
    ctx: RequestContext,
    changes: Parameters<OrganizationStore['update']>[1],
  ): Promise<OrganizationRow> {
    return (await this.#store.update(ctx.tx, changes)) ?? gone(ctx);
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
