import { encodeId } from '../../shared/ids.js';
import type { TenantTransaction } from '../../tenancy/index.js';
import type { NewAuditEvent } from './audit.store.js';
import { AuditEventKind } from './audit.type.js';
import { trail } from './audit-trail.js';

/** Who did something, as far as is known, and from where. */
export interface EventSource {
  /** UUID of the user; null where that is not known. */
  actorId: string | null;
  /** Of the client. */
  address: string | null;
}

export type ApiKeyEventKind =
  | AuditEventKind.API_KEY_CREATED
  | AuditEventKind.API_KEY_USED
  | AuditEventKind.API_KEY_REVOKED;

/** A key, as far as the trail tells of it. */
export interface RecordedApiKey {
  /** UUID. */
  readonly id: string;
  /** UUID of whom it acts for. */
  readonly userId: string;
  readonly name: string;
  readonly prefix: string;
}

/** Records what has become of a key, in the transaction in which it does. It is about the key's user. */
export async function recordApiKeyEvent(
  tx: TenantTransaction,
  kind: ApiKeyEventKind,
  key: RecordedApiKey,
  source: EventSource,
): Promise<void> {
  await trail.add(tx, apiKeyEvent(kind, key, source));
}

export function apiKeyEvent(
  kind: ApiKeyEventKind,
  { id, userId, name, prefix }: RecordedApiKey,
  source: EventSource,
): NewAuditEvent {
  const details = { apiKeyId: encodeId('key', id), name, prefix };
  return { kind, subjectId: userId, ...source, details };
}

export type TenantSecretEventKind =
  | AuditEventKind.TENANT_SECRET_CREATED
  | AuditEventKind.TENANT_SECRET_USED
  | AuditEventKind.TENANT_SECRET_REVOKED;

/** A tenant secret, as far as the trail tells of it. */
export interface RecordedTenantSecret {
  /** UUID. */
  readonly id: string;
  readonly prefix: string;
}

/** Records what has become of a secret, in the transaction in which it does. */
export async function recordTenantSecretEvent(
  tx: TenantTransaction,
  kind: TenantSecretEventKind,
  secret: RecordedTenantSecret,
  source: EventSource,
): Promise<void> {
  await trail.add(tx, tenantSecretEvent(kind, secret, source));
}

export function tenantSecretEvent(
  kind: TenantSecretEventKind,
  { id, prefix }: RecordedTenantSecret,
  source: EventSource,
): NewAuditEvent {
  const details = { tenantSecretId: encodeId('sec', id), prefix };
  return { kind, subjectId: null, ...source, details };
}

/** Records that credentials which named the organization of the transaction were refused. */
export async function recordTenantSecretRefused(
  tx: TenantTransaction,
  address: string | null,
): Promise<void> {
  const kind = AuditEventKind.TENANT_SECRET_REFUSED;
  await trail.add(tx, { kind, actorId: null, subjectId: null, address, details: {} });
}

/** Records what has become of a publishable key, in the transaction in which it does. */
export async function recordPublishableKeyEvent(
  tx: TenantTransaction,
  kind: AuditEventKind.PUBLISHABLE_KEY_CREATED | AuditEventKind.PUBLISHABLE_KEY_REVOKED,
  { id, name, prefix }: { id: string; name: string; prefix: string },
  source: EventSource,
): Promise<void> {
  const details = { publishableKeyId: encodeId('pub', id), name, prefix };
  await trail.add(tx, { kind, subjectId: null, ...source, details });
}
