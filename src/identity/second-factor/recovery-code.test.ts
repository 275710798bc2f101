import { describe, expect, it } from '@jest/globals';
import { newRecoveryCodes, RECOVERY_CODES, recoveryCodeHash } from './recovery-code.js';

describe('recovery codes', () => {
  it('are ten, all different', () => {
    const codes = [...newRecoveryCodes(), ...newRecoveryCodes()];
    expect(new Set(codes).size).toBe(2 * RECOVERY_CODES);
    for (const code of codes) expect(code).toMatch(/^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/);
  });

  it('are the same in any case and spacing, and different otherwise', () => {
    const [code = ''] = newRecoveryCodes();
    const hash = recoveryCodeHash(code);
    expect(hash).toHaveLength(32);
    for (const typed of [code.toUpperCase(), code.replaceAll('-', ''), ` ${code} `]) {
      expect(recoveryCodeHash(typed)).toEqual(hash);
    }
    expect(recoveryCodeHash(`${code}a`)).not.toEqual(hash);
  });
});
