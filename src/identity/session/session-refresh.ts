import type { Clock } from '../../shared/clock.js';
import { unauthenticated } from '../../shared/errors.js';
import { SecretBox } from '../../shared/secret-box.js';
import type { Tenancy, TenantTransaction } from '../../tenancy/index.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { recordSessionEvent } from '../audit/session-events.js';
import type { Client } from '../request-context.js';
import type { RefreshTokens } from './refresh-token.js';
import type { SessionStore } from './session.store.js';
import type { OpenSession } from './session-opening.js';
import type { RefreshableSession, SessionRefreshStore } from './session-refresh.store.js';

export interface RefreshSettings {
  /**
   * For how long a refresh token that was used still gives its successor, the same each time, in seconds:
   * for clients that lose the answer. With 0, using one twice ends the session.
   */
  readonly graceSeconds: number;
}

export interface SessionRefreshOptions {
  readonly tenancy: Tenancy;
  readonly store: SessionRefreshStore;
  readonly sessions: SessionStore;
  readonly refreshTokens: RefreshTokens;
  readonly clock: Clock;
  readonly settings: RefreshSettings;
}

const SEALED_SUCCESSOR = 'successor of a refresh token';

/** Goes on with sessions whose refresh token is brought. */
export class SessionRefresh {
  readonly #options: SessionRefreshOptions;

  constructor(options: SessionRefreshOptions) {
    this.#options = options;
  }

  /**
   * Exchanges a refresh token for the next one. Each is good for one use: when one comes that was issued and is
   * not the latest, somebody else has used it too, and nobody can tell who is who, so the session ends.
   *
   * @throws UNAUTHENTICATED
   */
  async exchange(token: string, client: Client): Promise<OpenSession> {
    const { tenancy, store, sessions, refreshTokens, clock } = this.#options;
    const read = refreshTokens.read(token);
    if (!read) throw refreshRefused();
    const tenant = { orgId: read.orgId, userId: null };
    // What a reused token ends must be committed, so the refusal is thrown behind it.
    const session = await tenancy.withTenant(tenant, 'write', async (tx) => {
      const found = await store.findAndLock(tx, read.id);
      if (!found || found.expiresAt <= clock.now()) return null;
      if (read.hash.equals(found.refreshHash)) return this.#rotate(tx, found, token, client);
      const successor = this.#successorOf(found, token, read.orgId);
      if (successor !== null) return opened(read.orgId, found, successor);
      // Who only knows which sessions there are shall not be able to end them.
      if (!read.isIssued) return null;
      await sessions.delete(tx, found.id);
      await recordSessionEvent(tx, AuditEventKind.SESSION_REFRESH_REUSED, {
        actorId: null,
        subjectId: found.userId,
        address: client.address,
      });
      return null;
    });
    if (!session) throw refreshRefused();
    return session;
  }

  async #rotate(
    tx: TenantTransaction,
    session: RefreshableSession,
    token: string,
    client: Client,
  ): Promise<OpenSession> {
    const { store, refreshTokens, clock, settings } = this.#options;
    const of = { orgId: tx.tenant.orgId, id: session.id };
    const next = refreshTokens.make(of);
    await store.rotate(tx, session.id, {
      address: client.address,
      userAgent: client.userAgent,
      refreshHash: next.hash,
      // Only who holds the token before can open it: the database alone gives nothing away.
      successorSealed:
        settings.graceSeconds > 0
          ? new SecretBox([token]).seal(next.token, { purpose: SEALED_SUCCESSOR, ...of })
          : null,
      refreshedAt: clock.now(),
    });
    return opened(of.orgId, session, next.token);
  }

  /** The refresh token that followed on this one, while that is still told. */
  #successorOf(session: RefreshableSession, token: string, orgId: string): string | null {
    const { clock, settings } = this.#options;
    const age = clock.now().getTime() - session.refreshedAt.getTime();
    if (session.successorSealed === null || age >= settings.graceSeconds * 1000) return null;
    const of = { purpose: SEALED_SUCCESSOR, orgId, id: session.id };
    return new SecretBox([token]).open(session.successorSealed, of);
  }
}

function opened(
  orgId: string,
  { id, userId, stamp, grant, requiresTenantSecret, expiresAt }: RefreshableSession,
  refreshToken: string,
): OpenSession {
  const of = { orgId, userId, sessionId: id, stamp, requiresTenantSecret };
  return { ...of, ...grant, refreshToken, expiresAt };
}

function refreshRefused() {
  return unauthenticated('This refresh token is not good, or not any more. Sign in again.');
}
