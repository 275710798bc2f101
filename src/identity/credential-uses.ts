import { LRUCache } from 'lru-cache';
import { BoundedLine } from '../shared/bounded-line.js';
import type { Clock } from '../shared/clock.js';
import type { Tenancy, TenantTransaction } from '../tenancy/index.js';
import type { ApiKeyStore } from './api-key/api-key.store.js';
import { AuditEventKind } from './audit/audit.type.js';
import {
  type EventSource,
  recordApiKeyEvent,
  recordTenantSecretEvent,
  recordTenantSecretRefused,
} from './audit/record-event.js';
import type { OrganizationStore } from './organization/organization.store.js';
import type { Client } from './request-context.js';
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

/** A credential that was found good. All ids are UUIDs. */
export interface CredentialUse {
  readonly orgId: string;
  readonly id: string;
  /** Who uses it. */
  readonly userId: string;
  readonly client: Client;
}

/** Where uses of one kind of credential are noted. */
interface Notebook {
  /** In its row. */
  note(tx: TenantTransaction, at: Date): Promise<void>;
  /** In the audit trail. */
  record(tx: TenantTransaction, source: EventSource): Promise<void>;
}

/**
 * Notes when keys and secrets are used: in the row to the minute, in the audit trail for each new address
 * once an hour. It happens beside the request, which neither waits for it nor fails with it; of what
 * comes while too much is to be noted, nothing is kept.
 */
export class CredentialUses {
  readonly #options: CredentialUsesOptions;
  /** Until when what is noted here need not be noted again, in milliseconds. */
  readonly #noted = new LRUCache<string, number>({ max: MOST_REMEMBERED });
  /** One at a time: requests need the connections more. */
  readonly #line = new BoundedLine({ limit: 1, room: 1_000, roomOfOne: 250, waitLimitMs: 10_000 });

  constructor(options: CredentialUsesOptions) {
    this.#options = options;
  }

  noteApiKey(use: CredentialUse): void {
    const { apiKeys } = this.#options;
    this.#noteUse(use, {
      note: (tx, at) => apiKeys.noteUse(tx, use.id, at, minuteBefore(at)),
      async record(tx, source) {
        const [key] = await apiKeys.findByIds(tx, [use.id]);
        if (key) await recordApiKeyEvent(tx, AuditEventKind.API_KEY_USED, key, source);
      },
    });
  }

  noteTenantSecret(use: CredentialUse): void {
    const { tenantSecrets } = this.#options;
    this.#noteUse(use, {
      note: (tx, at) => tenantSecrets.noteUse(tx, use.id, at, minuteBefore(at)),
      async record(tx, source) {
        const [secret] = await tenantSecrets.findByIds(tx, [use.id]);
        const kind = AuditEventKind.TENANT_SECRET_USED;
        if (secret) await recordTenantSecretEvent(tx, kind, secret, source);
      },
    });
  }

  /** @param orgId UUID of the organization that was named, which there may not be */
  noteRefusal(orgId: string, { address }: Client): void {
    if (!this.#isNew(`refused ${orgId} ${address}`, MINUTE_MS)) return;
    this.#write(orgId, async (tx) => {
      const [found] = await this.#options.organizations.findByIds(tx, [orgId]);
      if (found) await recordTenantSecretRefused(tx, address);
    });
  }

  #noteUse({ orgId, id, userId, client: { address } }: CredentialUse, to: Notebook): void {
    const isDue = this.#isNew(id, MINUTE_MS);
    const isFromElsewhere = this.#isNew(`${id} ${address}`, HOUR_MS);
    if (!isDue && !isFromElsewhere) return;
    this.#write(orgId, async (tx) => {
      await to.note(tx, this.#options.clock.now());
      if (isFromElsewhere) await to.record(tx, { actorId: userId, address });
    });
  }

  #isNew(key: string, forMs: number): boolean {
    const now = this.#options.clock.now().getTime();
    if ((this.#noted.get(key) ?? now) > now) return false;
    this.#noted.set(key, now + forMs);
    return true;
  }

  #write(orgId: string, work: (tx: TenantTransaction) => Promise<void>): void {
    const tenant = { orgId, userId: null };
    // What cannot be noted is lost: a database that is away fails the request by itself.
    this.#line
      .run(orgId, () => this.#options.tenancy.withTenant(tenant, 'write', work))
      .catch(() => undefined);
  }
}

function minuteBefore(at: Date): Date {
  return new Date(at.getTime() - MINUTE_MS);
}
