import type { Clock } from '../../shared/clock.js';
import { badField, badUserInput, notFound } from '../../shared/errors.js';
import { decodeId, newUuid } from '../../shared/ids.js';
import { makeOpaqueToken, shownPrefix } from '../../shared/opaque-token.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { recordTenantSecretEvent } from '../audit/credential-events.js';
import type { OrganizationStore } from '../organization/organization.store.js';
import { type RequestContext, requireSession } from '../request-context.js';
import { requireFuture } from '../require-future.js';
import type { PasswordHasher } from '../session/password-hasher.js';
import type { CreateTenantSecretInput, RevokeTenantSecretInput } from './tenant-secret.input.js';
import { TenantSecretLoader } from './tenant-secret.loader.js';
import type { TenantSecretRow, TenantSecretStore } from './tenant-secret.store.js';

/** Two, so that one can be replaced while the machines change over: the new one is out before the old one ends. */
const MOST_LIVE = 2;

export interface TenantSecretServiceOptions {
  readonly store: TenantSecretStore;
  readonly organizations: OrganizationStore;
  readonly passwords: PasswordHasher;
  readonly clock: Clock;
}

export class TenantSecretService {
  readonly #options: TenantSecretServiceOptions;

  constructor(options: TenantSecretServiceOptions) {
    this.#options = options;
  }

  list(ctx: RequestContext): Promise<TenantSecretRow[]> {
    return this.#options.store.list(ctx.tx);
  }

  /**
   * @returns the secret, which is stored nowhere, and its row
   * @throws FORBIDDEN for a caller without a session; BAD_USER_INPUT when two are live already
   */
  async create(
    ctx: RequestContext,
    { expiresAt = null }: CreateTenantSecretInput,
  ): Promise<{ tenantSecret: TenantSecretRow; secret: string }> {
    const { store, organizations, passwords, clock } = this.#options;
    const { orgId, userId } = requireSession(ctx);
    requireFuture(clock, expiresAt);
    const id = newUuid();
    const { token } = makeOpaqueToken('tenantSecret', { orgId, id });
    // Before the first statement, so that no connection is held meanwhile.
    const secretHash = await passwords.hash(token);
    // One after the other: else two at once would each find room for one more.
    await organizations.lock(ctx.tx);
    if ((await store.countLive(ctx.tx, clock.now())) >= MOST_LIVE) throw tooMany();
    const tenantSecret = await store.create(ctx.tx, {
      id,
      prefix: shownPrefix(token),
      secretHash,
      createdBy: userId,
      expiresAt,
    });
    await recordTenantSecretEvent(ctx.tx, AuditEventKind.TENANT_SECRET_CREATED, tenantSecret, {
      actorId: userId,
      address: ctx.client.address,
    });
    return { tenantSecret, secret: token };
  }

  /**
   * Ends a secret at once.
   *
   * @returns it as it was
   * @throws FORBIDDEN for a caller without a session; NOT_FOUND, BAD_USER_INPUT
   */
  async revoke(ctx: RequestContext, { id }: RevokeTenantSecretInput): Promise<TenantSecretRow> {
    const { store, organizations } = this.#options;
    const { userId } = requireSession(ctx);
    // One after the other: of two secrets, each would find that the other one is left.
    const organization = await organizations.lock(ctx.tx);
    const secret = await ctx.use(TenantSecretLoader).byId.load(decodeId('sec', id, 'input.id'));
    if (secret && organization?.requireTenantSecret) {
      const isLeft = await store.hasLasting(ctx.tx, secret.id);
      if (!isLeft) throw badField('input.id', LAST_ONE);
    }
    // Of two who revoke it at once, one does.
    if (!secret || !(await store.delete(ctx.tx, secret.id))) throw notFound(id);
    await recordTenantSecretEvent(ctx.tx, AuditEventKind.TENANT_SECRET_REVOKED, secret, {
      actorId: userId,
      address: ctx.client.address,
    });
    return secret;
  }
}

const LAST_ONE =
  'The organization requires a secret, and no other one is left that does not end by itself. Make one, or set requireTenantSecret to false, first.';

function tooMany() {
  const message = `There are ${MOST_LIVE} secrets already. Revoke the older one first.`;
  return badUserInput([{ path: 'input', message }]);
}
