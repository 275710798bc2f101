import { describe, expect, it } from '@jest/globals';
import { isTotpCode, newTotpSecret, totpStep, totpUri } from './totp.js';

/** The secret of RFC 6238's test vectors, `12345678901234567890`, in base32. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const at = (seconds: number) => new Date(seconds * 1000);

describe('a code', () => {
  // https://www.rfc-editor.org/rfc/rfc6238#appendix-B, of its eight digits the last six.
  it.each([
    [59, '287082'],
    [1111111109, '081804'],
    [1111111111, '050471'],
    [1234567890, '005924'],
    [2000000000, '279037'],
    [20000000000, '353130'],
  ])('at %i is %s', (seconds, code) => {
    const now = at(seconds);
    expect(totpStep(SECRET, code, { now, lastStep: null })).toBe(BigInt(Math.floor(seconds / 30)));
  });

  it('is good for its step and the two beside it', () => {
    const step = 41152263;
    const code = '005924';
    const isGood = (seconds: number) =>
      totpStep(SECRET, code, { now: at(seconds), lastStep: null }) === BigInt(step);
    const begin = step * 30;
    expect([-31, -30, 0, 29, 30, 59, 60].map((offset) => isGood(begin + offset))).toEqual([
      false,
      true,
      true,
      true,
      true,
      true,
      false,
    ]);
  });

  it('is good once, and none before it is good any more', () => {
    const now = at(1234567890);
    const good = { now, lastStep: 41152262n };
    expect(totpStep(SECRET, '005924', good)).toBe(41152263n);
    expect(totpStep(SECRET, '005924', { now, lastStep: 41152263n })).toBeNull();
    // A clock that was set back is no reason to fail otherwise.
    expect(totpStep(SECRET, '005924', { now, lastStep: 99_999_999n })).toBeNull();
  });

  it('may be typed with spaces, and is six digits', () => {
    expect(totpStep(SECRET, '005 924', { now: at(1234567890), lastStep: null })).not.toBeNull();
    for (const text of ['', '00592', '0059244', '00592a', '００５９２４', '5924']) {
      expect(isTotpCode(text)).toBe(false);
      expect(totpStep(SECRET, text, { now: at(1234567890), lastStep: null })).toBeNull();
    }
  });
});

describe('a secret', () => {
  it('has 160 random bits, and is told to an app with whose it is', () => {
    const secret = newTotpSecret();
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(newTotpSecret()).not.toBe(secret);
    const uri = new URL(
      totpUri(secret, { organization: 'Acme & Söhne', email: 'a+b@example.com' }),
    );
    expect(uri.protocol).toBe('otpauth:');
    expect(decodeURIComponent(uri.pathname)).toContain('Acme & Söhne:a+b@example.com');
    expect(uri.searchParams.get('secret')).toBe(secret);
    expect(uri.searchParams.get('issuer')).toBe('Acme & Söhne');
  });
});
