import type { Clock } from '../../shared/clock.js';
import { notFound } from '../../shared/errors.js';
import { decodeId } from '../../shared/ids.js';
import type { Page, PageRequest } from '../../shared/page.js';
import { value } from '../../shared/statements/index.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { recordSessionEvent } from '../audit/session-events.js';
import { type RequestContext, requireCaller, requireSession } from '../request-context.js';
import { type RevokeSessionInput, type SessionOrder } from './session.input.js';
import { SessionLoader } from './session.loader.js';
import type { OpenSessionsOf, SessionRow, SessionStore } from './session.store.js';

/** Where the caller is signed in. Sessions of others are not there, whoever asks; nor are expired ones. */
export class OwnSessionsService {
  readonly #store: SessionStore;
  readonly #clock: Clock;

  constructor(store: SessionStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** @throws BAD_USER_INPUT */
  async list(
    ctx: RequestContext,
    orderBy: SessionOrder,
    request: PageRequest,
  ): Promise<Page<SessionRow>> {
    const { userId, now } = this.#own(ctx);
    const criteria = { userId: value(userId), now: value(now) };
    return this.#store.list.page(ctx.tx, { criteria, orderBy, request });
  }

  /** @param id UUID. @returns null where there is none, for `node` */
  async find(ctx: RequestContext, id: string): Promise<SessionRow | null> {
    const session = await ctx.use(SessionLoader).byId.load(id);
    return session && session.expiresAt > this.#clock.now() ? session : null;
  }

  /**
   * Ends one session, and with it all of its tokens.
   *
   * @returns the session as it was
   * @throws NOT_FOUND, BAD_USER_INPUT; FORBIDDEN for a caller without a session
   */
  async revoke(ctx: RequestContext, { sessionId }: RevokeSessionInput): Promise<SessionRow> {
    requireSession(ctx);
    const id = decodeId('sess', sessionId, 'input.sessionId');
    const session = await this.find(ctx, id);
    if (!session || !(await this.#store.delete(ctx.tx, id))) throw notFound(sessionId);
    await this.#recordRevoked(ctx, 1);
    return session;
  }

  /**
   * Ends all of them, the current one included.
   *
   * @returns how many there were
   * @throws FORBIDDEN for a caller without a session
   */
  async endAll(ctx: RequestContext): Promise<number> {
    requireSession(ctx);
    const count = await this.#store.endOfUser(ctx.tx, this.#own(ctx));
    if (count > 0) await this.#recordRevoked(ctx, count);
    return count;
  }

  #own(ctx: RequestContext): OpenSessionsOf {
    return { userId: requireCaller(ctx).userId, now: this.#clock.now() };
  }

  #recordRevoked(ctx: RequestContext, sessions: number): Promise<void> {
    const { userId } = requireCaller(ctx);
    const { address } = ctx.client;
    const event = { actorId: userId, subjectId: userId, address, details: { sessions } };
    return recordSessionEvent(ctx.tx, AuditEventKind.SESSION_REVOKED, event);
  }
}
