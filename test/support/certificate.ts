import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate and its key, as PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

/** A new certificate for this machine that nobody has signed but itself: who does not know it, does not trust it. */
export function selfSignedCertificate(): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signed = toBeSigned(publicKey);
  // RFC 5280, section 4.1.
  const der = sequence(
    signed,
    ECDSA_WITH_SHA256,
    bitString(sign('sha256', signed, privateKey as KeyObject)),
  );
  const lines = der.toString('base64').match(/.{1,64}/g) as string[];
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

const DAY = 86_400_000;

function toBeSigned(publicKey: KeyObject): Buffer {
  const name = sequence(element(SET, sequence(COMMON_NAME, element(UTF8, Buffer.from('test')))));
  return sequence(
    element(0xa0, element(INTEGER, Buffer.from([2]))),
    element(INTEGER, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    name,
    sequence(time(Date.now() - DAY), time(Date.now() + DAY)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(authority(), namesOfThisMachine())),
  );
}

/** It vouches for itself. */
function authority(): Buffer {
  const value = sequence(element(BOOLEAN, Buffer.from([0xff])));
  return sequence(BASIC_CONSTRAINTS, element(OCTETS, value));
}

function namesOfThisMachine(): Buffer {
  const names = sequence(
    element(0x82, Buffer.from('localhost')),
    element(0x87, Buffer.from([127, 0, 0, 1])),
    element(0x87, Buffer.from([0, 0, 0, 0])),
  );
  return sequence(SUBJECT_ALTERNATIVE_NAME, element(OCTETS, names));
}

// What of DER (ITU-T X.690) it takes.
const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BITS = 0x03;
const OCTETS = 0x04;
const OBJECT = 0x06;
const UTF8 = 0x0c;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const SET = 0x31;

function element(tag: number, ...content: Buffer[]): Buffer {
  const value = Buffer.concat(content);
  const { length } = value;
  const head =
    length < 0x80 ? [tag, length] : [tag, 0x82, Math.floor(length / 0x100), length % 0x100];
  return Buffer.concat([Buffer.from(head), value]);
}

function sequence(...content: Buffer[]): Buffer {
  return element(SEQUENCE, ...content);
}

function bitString(bytes: Buffer): Buffer {
  return element(BITS, Buffer.from([0]), bytes);
}

function time(moment: number): Buffer {
  const digits = new Date(moment).toISOString().replace(/\.\d+|[-:T]/g, '');
  return element(GENERALIZED_TIME, Buffer.from(digits));
}

const ECDSA_WITH_SHA256 = sequence(element(OBJECT, Buffer.from('2a8648ce3d040302', 'hex')));
const COMMON_NAME = element(OBJECT, Buffer.from('550403', 'hex'));
const BASIC_CONSTRAINTS = element(OBJECT, Buffer.from('551d13', 'hex'));
const SUBJECT_ALTERNATIVE_NAME = element(OBJECT, Buffer.from('551d11', 'hex'));
