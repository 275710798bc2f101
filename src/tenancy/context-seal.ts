import { createHash, createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { Tenant } from './tenant.js';

/** The backend that a connection leads to, as a seal names it. */
export interface Backend {
  /** `pg_backend_pid()`. */
  pid: number;
  /** How far the database's clock is ahead of ours, in milliseconds. */
  clockOffsetMs: number;
}

/** What the database keeps of a key: enough to verify with, as HMAC (RFC 2104, section 2) uses it. */
export interface SealVerifier {
  keyId: string;
  innerPad: Buffer;
  outerPad: Buffer;
}

/**
 * How long after its making a seal opens a transaction. It is checked against the time at which the
 * transaction began, so it limits how late a transaction may begin and not how long it may take.
 */
const LIFETIME_SECONDS = 60;

const BLOCK_BYTES = 64;
const KEY_ID_LENGTH = 8;

/**
 * Seals contexts: proves to the database that this server, and not an injected statement, has set the
 * organization.
 *
 * A seal is `key id.expiry.HMAC-SHA256(key, organization|user|backend pid|expiry)`, the expiry in seconds
 * since 1970 by the database's clock, the HMAC in hexadecimal digits. sql/75-seal.sql verifies it.
 */
export class ContextSeal {
  readonly #key: KeyObject;
  readonly keyId: string;

  /** @param key TENANT_SEAL_KEY: its UTF-8 bytes are the key */
  constructor(key: string) {
    this.#key = createSecretKey(key, 'utf8');
    this.keyId = createHash('sha256')
      .update('key id')
      .update(key)
      .digest('hex')
      .slice(0, KEY_ID_LENGTH);
  }

  /** A seal that is good for the next transaction of this tenant on this backend. */
  make({ orgId, userId }: Tenant, { pid, clockOffsetMs }: Backend): string {
    const expiry = Math.floor((Date.now() + clockOffsetMs) / 1000) + LIFETIME_SECONDS;
    const proof = createHmac('sha256', this.#key)
      .update(`${orgId}|${userId ?? ''}|${pid}|${expiry}`)
      .digest('hex');
    return `${this.keyId}.${expiry}.${proof}`;
  }

  /** What lets a database verify the seals of this key. It is as secret as the key. */
  verifier(): SealVerifier {
    const bytes = this.#key.export();
    const block = Buffer.alloc(BLOCK_BYTES);
    (bytes.length > BLOCK_BYTES ? createHash('sha256').update(bytes).digest() : bytes).copy(block);
    return {
      keyId: this.keyId,
      innerPad: Buffer.from(block.map((byte) => byte ^ 0x36)),
      outerPad: Buffer.from(block.map((byte) => byte ^ 0x5c)),
    };
  }
}
