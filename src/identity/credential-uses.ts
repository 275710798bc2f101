import { LRUCache } from 'lru-cache';
import { BoundedLine } from '../shared/bounded-line.js';
import type { Clock } from '../shared/clock.js';
import type { Tenancy, TenantTransaction } from '../tenancy/index.js';
import type { ApiKeyStore } from './api-key/api-key.store.js';
import { insertionOf, type NewAuditEvent } from './audit/audit.store.js';
import { AuditEventKind } from './audit/audit.type.js';
import {
  apiKeyEvent,
  type RecordedApiKey,
  type RecordedTenantSecret,
  recordTenantSecretRefused,
  tenantSecretEvent,
} from './audit/credential-events.js';
import { addressKey } from './defence/client-address.js';
import { CREDENTIALS_BUSY } from './defence/credential-line.js';
import type { OrganizationStore } from './organization/organization.store.js';
import type { Client, UseRecording } from './request-context.js';
import type { TenantSecretStore } from './tenant-secret/tenant-secret.store.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Credentials, and addresses that they come from, of which is remembered what was noted last. */
const MOST_REMEMBERED = 20_000;

export interface CredentialUsesOptions {
  readonly tenancy: Tenancy;
  readonly apiKeys: ApiKeyStore;
  readonly tenantSecrets: TenantSecretStore;
  readonly organizations: OrganizationStore;
  readonly clock: Clock;
}

/** Who uses credentials, and from where. The ids are UUIDs. */
export interface User {
  readonly orgId: string;
  readonly userId: string;
  readonly client: Client;
}

/** Writes into the row of a credential that it was used at this moment. */
type NoteInRow = (tx: TenantTransaction, at: Date, unlessSince: Date) => Promise<void>;

/**
 * Notes when keys and secrets are used: in the row to the minute, in the audit trail for each new address
 * once an hour.
 *
 * The trail is written in the transaction of the request that it tells of, or behind the request where that
 * has kept none. The row is written beside it, because requests of one key would wait for each other; of
 * what comes while too much is to be noted there, nothing is kept.
 */
export class CredentialUses {
  readonly #options: CredentialUsesOptions;
  /** Until when what is noted here need not be noted again, in milliseconds. */
  readonly #noted = new LRUCache<string, number>({ max: MOST_REMEMBERED });
  /** One at a time: requests need the connections more. */
  readonly #line = new BoundedLine({
    limit: 1,
    room: 1_000,
    roomOfOne: 250,
    waitLimitMs: 10_000,
    refusal: CREDENTIALS_BUSY,
  });

  constructor(options: CredentialUsesOptions) {
    this.#options = options;
  }

  /** @returns what the request has to record, if anything */
  noteApiKey(key: RecordedApiKey, user: User): UseRecording | undefined {
    const { apiKeys } = this.#options;
    this.#noteInRow(user, key.id, (tx, at, unlessSince) =>
      apiKeys.noteUse(tx, key.id, at, unlessSince),
    );
    const source = { actorId: user.userId, address: user.client.address };
    return this.#inTrail(user, key.id, () => apiKeyEvent(AuditEventKind.API_KEY_USED, key, source));
  }

  /** @returns what the request has to record, if anything */
  noteTenantSecret(secret: RecordedTenantSecret, user: User): UseRecording | undefined {
    const { tenantSecrets } = this.#options;
    this.#noteInRow(user, secret.id, (tx, at, unlessSince) =>
      tenantSecrets.noteUse(tx, secret.id, at, unlessSince),
    );
    const source = { actorId: user.userId, address: user.client.address };
    return this.#inTrail(user, secret.id, () =>
      tenantSecretEvent(AuditEventKind.TENANT_SECRET_USED, secret, source),
    );
  }

  /** @param orgId UUID of the organization that was named, which there may not be */
  noteRefusal(orgId: string, { address }: Client): void {
    if (!this.#isNew(`refused ${orgId} ${addressKey(address)}`, MINUTE_MS)) return;
    this.#write(orgId, async (tx) => {
      const [found] = await this.#options.organizations.findByIds(tx, [orgId]);
      if (found) await recordTenantSecretRefused(tx, address);
    });
  }

  #noteInRow({ orgId }: User, id: string, note: NoteInRow): void {
    if (!this.#isNew(id, MINUTE_MS)) return;
    const at = this.#options.clock.now();
    this.#write(orgId, (tx) => note(tx, at, new Date(at.getTime() - MINUTE_MS)));
  }

  #inTrail(
    { orgId, client: { address } }: User,
    id: string,
    event: () => NewAuditEvent,
  ): UseRecording | undefined {
    const key = `${id} ${address}`;
    if (!this.#isNew(key, HOUR_MS)) return undefined;
    const statement = insertionOf(orgId, event());
    let isOwed = true;
    return {
      statements: [statement],
      kept() {
        isOwed = false;
      },
      end: ({ isRefused }) => {
        if (!isOwed) return;
        isOwed = false;
        if (isRefused) this.#noted.delete(key);
        else this.#write(orgId, (tx) => tx.execute(statement));
      },
    };
  }

  #isNew(key: string, forMs: number): boolean {
    const now = this.#options.clock.now().getTime();
    if ((this.#noted.get(key) ?? now) > now) return false;
    this.#noted.set(key, now + forMs);
    return true;
  }

  #write(orgId: string, work: (tx: TenantTransaction) => Promise<unknown>): void {
    const tenant = { orgId, userId: null };
    // What cannot be noted is lost: a database that is away fails the request by itself.
    this.#line
      .run(orgId, () => this.#options.tenancy.withTenant(tenant, 'write', work))
      .catch(() => undefined);
  }
}

/** Of a request that has come with several credentials. */
export function together(uses: readonly (UseRecording | undefined)[]): UseRecording | undefined {
  const due = uses.filter((use) => use !== undefined);
  if (due.length <= 1) return due[0];
  return {
    statements: due.flatMap(({ statements }) => statements),
    kept() {
      for (const use of due) use.kept();
    },
    end(outcome) {
      for (const use of due) use.end(outcome);
    },
  };
}
