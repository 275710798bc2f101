import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far the clock of who signs may be from ours, before and after. */
const TOLERANCE_SECONDS = 300;

/** Signatures in one header: more than a rotation has are made up. */
const MOST_SIGNATURES = 5;

/** `t=1700000000,v1=<hex>`: HMAC-SHA256 of the moment and the body, as Stripe and others do it. */
export function signWebhook(body: Buffer | string, secret: string, now: Date): string {
  const seconds = Math.floor(now.getTime() / 1_000);
  return `t=${seconds},v1=${signatureOf(seconds, body, secret).toString('hex')}`;
}

/**
 * Whether somebody who knows one of the secrets has signed these bytes, some minutes ago at most.
 *
 * @param header as it came; one that came twice has two moments, and is refused
 */
export function isSigned(
  header: string | string[] | undefined,
  body: Buffer,
  { secrets, now }: { secrets: readonly string[]; now: Date },
): boolean {
  const signed = parse(header);
  if (!signed) return false;
  if (Math.abs(now.getTime() / 1_000 - signed.seconds) > TOLERANCE_SECONDS) return false;
  // All of them are compared: how long it takes does not tell which one was near.
  const matches = secrets.flatMap((secret) => {
    const expected = signatureOf(signed.seconds, body, secret);
    return signed.signatures.filter((signature) => timingSafeEqual(signature, expected));
  });
  return matches.length > 0;
}

function signatureOf(seconds: number, body: Buffer | string, secret: string): Buffer {
  return createHmac('sha256', secret).update(`${seconds}.`).update(body).digest();
}

function parse(
  header: string | string[] | undefined,
): { seconds: number; signatures: Buffer[] } | undefined {
  if (typeof header !== 'string') return undefined;
  const moments: number[] = [];
  const signatures: Buffer[] = [];
  for (const part of header.split(',')) {
    const [, name, value] = /^\s*([a-z]\w*)=(\w+)\s*$/.exec(part) ?? [];
    if (name === 't' && /^\d{1,11}$/.test(value as string)) moments.push(Number(value));
    else if (name === 'v1' && /^[0-9a-f]{64}$/.test(value as string)) {
      signatures.push(Buffer.from(value as string, 'hex'));
    } else if (name === undefined || name === 't' || name === 'v1') return undefined;
    // Other names are versions that are not known here.
  }
  const [seconds, another] = moments;
  if (seconds === undefined || another !== undefined) return undefined;
  if (signatures.length === 0 || signatures.length > MOST_SIGNATURES) return undefined;
  return { seconds, signatures };
}
