import { createHash, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;
const FORMAT = /^rhc_[\w-]{43}$/;

/** A new cart token: `rhc_` and 256 random bits in base64url. It is stored nowhere. */
export function makeCartToken(): string {
  return `rhc_${randomBytes(SECRET_BYTES).toString('base64url')}`;
}

/**
 * Who comes with a cart token: an id that is made of nothing else, and tells nothing of it. In another organization
 * the same token is somebody else.
 *
 * @returns a UUIDv8 (RFC 9562, section 5.8), which no user has; null for what is no cart token
 */
export function visitorIdOf(orgId: string, cartToken: string): string | null {
  if (!FORMAT.test(cartToken)) return null;
  const bytes = createHash('sha256').update(`visitor\0${orgId}\0${cartToken}`).digest();
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex', 0, 16);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
