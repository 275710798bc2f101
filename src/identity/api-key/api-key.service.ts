import type { Clock } from '../../shared/clock.js';
import { notFound } from '../../shared/errors.js';
import { decodeId, newUuid } from '../../shared/ids.js';
import { makeOpaqueToken, shownPrefix } from '../../shared/opaque-token.js';
import type { Page, PageRequest } from '../../shared/page.js';
import { value } from '../../shared/statements/index.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { recordApiKeyEvent } from '../audit/credential-events.js';
import { requirePermissions } from '../authorization.js';
import {
  type Caller,
  may,
  type RequestContext,
  requireCaller,
  requireSession,
} from '../request-context.js';
import { requireFuture } from '../require-future.js';
import { requirePermission } from '../role/role.validator.js';
import type { Permission } from '../roles.js';
import { requireSelf } from '../user/user.loader.js';
import {
  type ApiKeyFilter,
  type ApiKeyOrder,
  type CreateApiKeyInput,
  type RevokeApiKeyInput,
} from './api-key.input.js';
import { loadApiKey } from './api-key.loader.js';
import type { ApiKeyCriteria, ApiKeyRow, ApiKeyStore } from './api-key.store.js';

export class ApiKeyService {
  readonly #store: ApiKeyStore;
  readonly #clock: Clock;

  constructor(store: ApiKeyStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The caller's own keys; those of everybody for who administers credentials. @throws BAD_USER_INPUT */
  async list(
    ctx: RequestContext,
    filter: ApiKeyFilter | null,
    orderBy: ApiKeyOrder,
    request: PageRequest,
  ): Promise<Page<ApiKeyRow>> {
    const criteria = visible(ctx, filter ?? {});
    const { list } = this.#store;
    return criteria
      ? list.page(ctx.tx, { criteria, orderBy, request })
      : list.emptyPage({ orderBy, request });
  }

  /**
   * @returns the key, which is stored nowhere, and its row
   * @throws FORBIDDEN for a caller without a session, or a permission that the caller lacks;
   *   BAD_USER_INPUT
   */
  async create(
    ctx: RequestContext,
    { name, permissions, expiresAt = null }: CreateApiKeyInput,
  ): Promise<{ apiKey: ApiKeyRow; secret: string }> {
    const caller = requireSession(ctx);
    const scopes = scopesOf(caller, permissions);
    requireFuture(this.#clock, expiresAt);
    const { orgId, userId } = caller;
    await requireSelf(ctx);
    const id = newUuid();
    const { token, hash } = makeOpaqueToken('apiKey', { orgId, id });
    const apiKey = await this.#store.create(ctx.tx, {
      id,
      userId,
      name,
      prefix: shownPrefix(token),
      secretHash: hash,
      permissions: scopes,
      expiresAt,
    });
    await recordApiKeyEvent(ctx.tx, AuditEventKind.API_KEY_CREATED, apiKey, {
      actorId: userId,
      address: ctx.client.address,
    });
    return { apiKey, secret: token };
  }

  /**
   * Ends a key at once.
   *
   * @returns it as it was
   * @throws FORBIDDEN for a caller without a session; NOT_FOUND, also for the key of somebody else, unless
   *   the caller administers credentials; BAD_USER_INPUT
   */
  async revoke(ctx: RequestContext, { id }: RevokeApiKeyInput): Promise<ApiKeyRow> {
    const { userId } = requireSession(ctx);
    const key = await loadApiKey(ctx, decodeId('key', id, 'input.id'));
    // Of two who revoke it at once, one does.
    if (!key || !(await this.#store.delete(ctx.tx, key.id))) throw notFound(id);
    await recordApiKeyEvent(ctx.tx, AuditEventKind.API_KEY_REVOKED, key, {
      actorId: userId,
      address: ctx.client.address,
    });
    return key;
  }
}

/** Null where there can be none: others are asked for, whom the caller does not administer. */
function visible(ctx: RequestContext, { userId }: ApiKeyFilter): ApiKeyCriteria | null {
  const asked = userId == null ? null : decodeId('user', userId, 'filter.userId');
  if (may(ctx, 'credentials:write')) return asked === null ? {} : { userId: value(asked) };
  const own = requireCaller(ctx).userId;
  return asked === null || asked === own ? { userId: value(own) } : null;
}

function scopesOf(caller: Caller, permissions: readonly string[]): Permission[] {
  const scopes = permissions.map((name, index) =>
    requirePermission(name, `input.permissions.${index}`),
  );
  requirePermissions(caller, new Set(scopes));
  return [...new Set(scopes)];
}
