import { generateSecret, generateURI, verifySync } from 'otplib';

/** What every authenticator app does without being asked: SHA-1, 6 digits, 30 seconds (RFC 6238). */
const PERIOD_SECONDS = 30;
const SECRET_BYTES = 20;
const TOTP_CODE = /^\d{6}$/;

/** A new secret, in base32. */
export function newTotpSecret(): string {
  return generateSecret({ length: SECRET_BYTES });
}

/** What an authenticator app reads from a QR code: `otpauth://totp/…`. */
export function totpUri(secret: string, of: { organization: string; email: string }): string {
  return generateURI({ issuer: of.organization, label: of.email, secret });
}

/** Whether the text has the form of such a code, spaces left out. */
export function isTotpCode(code: string): boolean {
  return TOTP_CODE.test(code.replaceAll(/\s/g, ''));
}

/**
 * The time step that a code is of, if it is good: the present one, the one before or the one after,
 * for clocks that differ.
 *
 * @param lastStep of the code that was used last; neither it nor any before it is good again
 * @returns null for a code that is wrong, or was used
 */
export function totpStep(
  secret: string,
  code: string,
  { now, lastStep }: { now: Date; lastStep: bigint | null },
): bigint | null {
  if (!isTotpCode(code)) return null;
  const result = verifySync({
    secret,
    token: code.replaceAll(/\s/g, ''),
    epoch: Math.floor(now.getTime() / 1000),
    epochTolerance: PERIOD_SECONDS,
  });
  if (!result.valid || !('timeStep' in result)) return null;
  const step = BigInt(result.timeStep);
  return lastStep === null || step > lastStep ? step : null;
}
