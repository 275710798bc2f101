import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** What is sealed, and for whom: a sealed value opens under the same words alone. */
export interface SealedFor {
  /** Such as `totp secret`; each has a key of its own. */
  readonly purpose: string;
  /** UUIDs of the organization and of the row in which it is stored. */
  readonly orgId: string;
  readonly id: string;
}

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals what the server has to read again and the database must not show, such as the secret of a second
 * factor: AES-256-GCM with a random nonce, under a key derived for its purpose (HKDF, RFC 5869).
 *
 * A sealed value is nonce, ciphertext and tag.
 */
export class SecretBox {
  readonly #keys: readonly string[];
  readonly #derived = new Map<string, Buffer>();

  /** @param keys the first seals, all of them open; at least one */
  constructor(keys: readonly string[]) {
    if (keys.length === 0) throw new TypeError('A secret box needs a key');
    this.#keys = keys;
  }

  seal(text: string, of: SealedFor): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key(this.#keys[0] as string, of.purpose), nonce);
    cipher.setAAD(bound(of));
    return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  }

  /** @returns null for what none of the keys has sealed, for this purpose and row */
  open(sealed: Uint8Array, of: SealedFor): string | null {
    for (const key of this.#keys) {
      const text = openWith(this.#key(key, of.purpose), Buffer.from(sealed), of);
      if (text !== null) return text;
    }
    return null;
  }

  #key(material: string, purpose: string): Buffer {
    const name = `${this.#keys.indexOf(material)} ${purpose}`;
    let key = this.#derived.get(name);
    if (!key) {
      key = Buffer.from(hkdfSync('sha256', material, '', `rowhouse ${purpose}`, KEY_BYTES));
      this.#derived.set(name, key);
    }
    return key;
  }
}

function openWith(key: Buffer, sealed: Buffer, of: SealedFor): string | null {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES));
  decipher.setAAD(bound(of));
  decipher.setAuthTag(sealed.subarray(end));
  try {
    const text = decipher.update(sealed.subarray(NONCE_BYTES, end));
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}

function bound({ purpose, orgId, id }: SealedFor): Buffer {
  return Buffer.from(`${purpose}\0${orgId}\0${id}`);
}
