import { createHash, randomBytes } from 'node:crypto';
import { isUuid } from './ids.js';

/**
 * What opaque tokens are for, each with a prefix of its own: people and secret scanners tell them apart
 * by it, and no kind is taken for another.
 */
const PREFIXES = {
  refresh: 'rhr',
  emailVerification: 'rhv',
  passwordReset: 'rhp',
  emailChange: 'rhe',
  invitation: 'rhi',
  apiKey: 'rhk',
  tenantSecret: 'rhs',
  publishableKey: 'rhpk',
} as const;

export type OpaqueTokenKind = keyof typeof PREFIXES;

/** What a token says, and what is compared with what was stored. */
export interface OpaqueToken {
  /** UUID of the organization whose row the token opens: a claim, good once the hash is found there. */
  readonly orgId: string;
  /** UUID of that row. */
  readonly id: string;
  /** SHA-256 of kind and secret. The secret has 256 random bits, so a slow hash would protect nothing more. */
  readonly hash: Buffer;
}

const UUID_BYTES = 16;
const SECRET_BYTES = 32;
const TOKEN_BYTES = 2 * UUID_BYTES + SECRET_BYTES;

/** Characters of the secret that may be shown: the 220 bits behind them are as many as anybody needs. */
const SHOWN_CHARACTERS = 6;

/**
 * A new token: `prefix_` and 86 characters of base64url that hold the secret, the organization and the row.
 *
 * @param row UUIDs of the organization and of the row that is to store the hash
 * @returns the token for who is to hold it, to be kept nowhere; and the hash for the row
 */
export function makeOpaqueToken(
  kind: OpaqueTokenKind,
  { orgId, id }: { orgId: string; id: string },
): { token: string; hash: Buffer } {
  const secret = randomBytes(SECRET_BYTES);
  const bytes = Buffer.concat([secret, uuidBytes(orgId), uuidBytes(id)]);
  return { token: `${PREFIXES[kind]}_${bytes.toString('base64url')}`, hash: hashOf(kind, secret) };
}

/** What a token of this kind says; null for anything that `makeOpaqueToken` does not write. */
export function readOpaqueToken(kind: OpaqueTokenKind, token: string): OpaqueToken | null {
  const prefix = `${PREFIXES[kind]}_`;
  if (!token.startsWith(prefix)) return null;
  const text = token.slice(prefix.length);
  const bytes = Buffer.from(text, 'base64url');
  // Node reads sloppy base64url; each token has one spelling.
  if (bytes.length !== TOKEN_BYTES || bytes.toString('base64url') !== text) return null;
  const orgId = uuidText(bytes.subarray(SECRET_BYTES, SECRET_BYTES + UUID_BYTES));
  const id = uuidText(bytes.subarray(SECRET_BYTES + UUID_BYTES));
  return { orgId, id, hash: hashOf(kind, bytes.subarray(0, SECRET_BYTES)) };
}

/** The beginning of a token, by which people tell it from their others. It opens nothing. */
export function shownPrefix(token: string): string {
  return token.slice(0, token.indexOf('_') + 1 + SHOWN_CHARACTERS);
}

function hashOf(kind: OpaqueTokenKind, secret: Buffer): Buffer {
  return createHash('sha256').update(`${PREFIXES[kind]}\0`).update(secret).digest();
}

function uuidBytes(uuid: string): Buffer {
  if (!isUuid(uuid)) throw new TypeError('A token is for a row with a UUID');
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

function uuidText(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
