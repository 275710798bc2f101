import { describe, expect, it } from '@jest/globals';
import { verifiedEmail } from './claim-mapping.js';

const MAPPING = {
  emailClaim: 'email',
  nameClaim: 'name',
  roleClaim: null,
  roleMapping: {},
  defaultRole: null,
};

const emailOf = (claims: object) =>
  verifiedEmail({ iss: 'https://issuer.example.com', sub: 's', exp: 1, ...claims }, MAPPING);

describe('verifiedEmail', () => {
  it('is in lower case', () => {
    expect(emailOf({ email: 'Ada@Example.com', email_verified: true })).toBe('ada@example.com');
  });

  it.each([[{}], [{ email_verified: false }], [{ email_verified: 'true' }]])(
    'is none where the issuer says %j of it',
    (said) => {
      expect(emailOf({ email: 'ada@example.com', ...said })).toBeNull();
    },
  );

  it.each(['ada', 'a,b@example.com', '"ada l"@example.com', 'adä@example.com', 7, null])(
    'is none where the API could not show it: %j',
    (email) => {
      expect(emailOf({ email, email_verified: true })).toBeNull();
    },
  );
});
