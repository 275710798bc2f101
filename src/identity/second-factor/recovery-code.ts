import { createHash, randomBytes } from 'node:crypto';

/** How many are made at a time. */
export const RECOVERY_CODES = 10;

/** RFC 4648's base32, in lower case. It has no 0, 1, 8 and 9, which are misread. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const CODE_LENGTH = 16;
const GROUPS = /.{4}(?=.)/g;

/** New codes of 80 random bits each, such as `k3vq-x7ma-2cde-hw6n`. */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: RECOVERY_CODES }, () => {
    const characters = [...randomBytes(CODE_LENGTH)].map((byte) => ALPHABET.charAt(byte & 31));
    return characters.join('').replace(GROUPS, '$&-');
  });
}

/**
 * What is stored of a code. A slow hash would protect 80 random bits no better.
 *
 * @param code as it was typed: in any case, with or without the dashes
 */
export function recoveryCodeHash(code: string): Buffer {
  const plain = code.toLowerCase().replaceAll(/[\s-]/g, '');
  return createHash('sha256').update(`recovery code\0${plain}`).digest();
}
