import { notFound } from '../../shared/errors.js';
import { decodeId, newUuid } from '../../shared/ids.js';
import { makeOpaqueToken, shownPrefix } from '../../shared/opaque-token.js';
import type { Page, PageRequest } from '../../shared/page.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { recordPublishableKeyEvent } from '../audit/credential-events.js';
import { type RequestContext, requireSession } from '../request-context.js';
import type {
  CreatePublishableKeyInput,
  PublishableKeyOrder,
  RevokePublishableKeyInput,
} from './publishable-key.input.js';
import { PublishableKeyLoader } from './publishable-key.loader.js';
import type { PublishableKeyRow, PublishableKeyStore } from './publishable-key.store.js';

export class PublishableKeyService {
  readonly #store: PublishableKeyStore;

  constructor(store: PublishableKeyStore) {
    this.#store = store;
  }

  /** @throws BAD_USER_INPUT */
  list(
    ctx: RequestContext,
    orderBy: PublishableKeyOrder,
    request: PageRequest,
  ): Promise<Page<PublishableKeyRow>> {
    return this.#store.list.page(ctx.tx, { criteria: {}, orderBy, request });
  }

  /**
   * @returns the key, which is stored nowhere, and its row
   * @throws FORBIDDEN for a caller without a session; BAD_USER_INPUT
   */
  async create(
    ctx: RequestContext,
    { name }: CreatePublishableKeyInput,
  ): Promise<{ publishableKey: PublishableKeyRow; key: string }> {
    const { orgId, userId } = requireSession(ctx);
    const id = newUuid();
    const { token, hash } = makeOpaqueToken('publishableKey', { orgId, id });
    const publishableKey = await this.#store.create(ctx.tx, {
      id,
      name,
      prefix: shownPrefix(token),
      secretHash: hash,
      createdBy: userId,
    });
    await recordPublishableKeyEvent(
      ctx.tx,
      AuditEventKind.PUBLISHABLE_KEY_CREATED,
      publishableKey,
      { actorId: userId, address: ctx.client.address },
    );
    return { publishableKey, key: token };
  }

  /**
   * Ends a key at once.
   *
   * @returns it as it was
   * @throws FORBIDDEN for a caller without a session; NOT_FOUND, BAD_USER_INPUT
   */
  async revoke(ctx: RequestContext, { id }: RevokePublishableKeyInput): Promise<PublishableKeyRow> {
    const { userId } = requireSession(ctx);
    const key = await ctx.use(PublishableKeyLoader).byId.load(decodeId('pub', id, 'input.id'));
    // Of two who revoke it at once, one does.
    if (!key || !(await this.#store.delete(ctx.tx, key.id))) throw notFound(id);
    await recordPublishableKeyEvent(ctx.tx, AuditEventKind.PUBLISHABLE_KEY_REVOKED, key, {
      actorId: userId,
      address: ctx.client.address,
    });
    return key;
  }
}
