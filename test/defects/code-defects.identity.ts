// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the changes are texts of sources.
import type { CodeDefect } from './defect.js';

const TOKENS = 'src/identity/session/access-token.ts';
const SIGN_IN = 'src/identity/session/session.service.ts';
const USERS = 'src/identity/user/user.service.ts';
const SIGN_IN_TESTS = 'test/identity-sign-in.test.ts';
const REQUEST_TESTS = 'test/isolation-requests.test.ts';

/** Who is asking, and what signing in and making accounts tells about others. */
export const IDENTITY_DEFECTS: readonly CodeDefect[] = [
  {
    name: 'an access token is read without looking at its signature',
    changes: [
      {
        file: TOKENS,
        from: 'import { errors, type JWTHeaderParameters, jwtVerify,',
        to: 'import { decodeJwt, errors, type JWTHeaderParameters,',
      },
      {
        file: TOKENS,
        from: 'const { payload } = await jwtVerify(token, (header) => this.#keyOf(header), {',
        to: 'const payload = decodeJwt(token); void Object.assign((header: JWTHeaderParameters) => this.#keyOf(header), {',
      },
    ],
    tryFirst: { files: [SIGN_IN_TESTS], tests: 'a request is refused' },
  },
  {
    name: 'an access token for another audience is taken',
    changes: [{ file: TOKENS, from: '        audience: this.#settings.audience,\n', to: '' }],
    tryFirst: { files: [SIGN_IN_TESTS], tests: 'a request is refused' },
  },
  {
    name: 'an access token of another issuer is taken',
    changes: [{ file: TOKENS, from: '        issuer: this.#settings.issuer,\n', to: '' }],
    tryFirst: { files: [SIGN_IN_TESTS], tests: 'a request is refused' },
  },
  {
    name: 'a token of another type is taken for an access token',
    changes: [{ file: TOKENS, from: '        typ: TYPE,\n', to: '' }],
    tryFirst: { files: [SIGN_IN_TESTS], tests: 'a request is refused' },
  },
  {
    name: 'a token that never expires is taken',
    changes: [{ file: TOKENS, from: "requiredClaims: ['exp', ", to: 'requiredClaims: [' }],
    tryFirst: { files: [SIGN_IN_TESTS], tests: 'a request is refused' },
  },
  {
    name: 'an expired access token is taken',
    changes: [
      { file: TOKENS, from: 'currentDate: this.#clock.now(),', to: 'currentDate: new Date(0),' },
    ],
    tryFirst: { files: [SIGN_IN_TESTS], tests: 'until it expires' },
  },
  {
    name: 'a verified token is remembered by its claims, whatever its signature',
    changes: [
      {
        file: TOKENS,
        from: 'const known = this.#verified.get(token);',
        to: "const known = this.#verified.get(token.split('.')[1] ?? '');",
      },
      {
        file: TOKENS,
        from: 'this.#verified.set(token, {',
        to: "this.#verified.set(token.split('.')[1] ?? '', {",
      },
    ],
    tryFirst: { files: [REQUEST_TESTS], tests: 'another signature' },
  },
  {
    name: 'a remembered token is never looked at again',
    changes: [
      {
        file: TOKENS,
        from: 'if (known.expiry > this.#clock.now().getTime() / 1000) return known.caller;',
        to: 'if (known) return known.caller;',
      },
    ],
    tryFirst: { files: [SIGN_IN_TESTS], tests: 'until it expires' },
  },
  {
    name: 'a token of an identity provider is remembered whatever organization it came for',
    changes: [
      {
        file: 'src/identity/external-identity/external-identity.service.ts',
        from: 'const name = `${organization}\\0${token}`;',
        to: 'const name = token;',
      },
    ],
    tryFirst: { files: ['test/identity-providers.test.ts'], tests: 'the organization requires' },
  },
  {
    name: 'signing in tells which organizations there are',
    pitfall: 7,
    changes: [
      {
        file: SIGN_IN,
        from: 'const orgId = await tenancy.findOrganization(organization);',
        to: `const orgId = await tenancy.findOrganization(organization);
    if (!orgId) throw unauthenticated('There is no such organization.');`,
      },
    ],
    tryFirst: { files: [SIGN_IN_TESTS], tests: 'to the byte alike' },
  },
  {
    name: 'signing in asks the database less where there is no organization',
    pitfall: 7,
    changes: [
      {
        file: SIGN_IN,
        from: 'await this.#credentials(orgId ?? NIL, email);',
        to: 'orgId ? await this.#credentials(orgId, email) : null;',
      },
    ],
    tryFirst: { files: [REQUEST_TESTS], tests: 'same statements' },
  },
  {
    name: 'signing in takes less time where there is no account',
    pitfall: 7,
    changes: [
      {
        file: SIGN_IN,
        from: 'const matches = await passwords.matches(user ? user.passwordHash : null, password);',
        to: 'const matches = user ? await passwords.matches(user.passwordHash, password) : false;',
      },
    ],
    tryFirst: { files: [REQUEST_TESTS], tests: 'as much work' },
  },
  {
    name: 'an e-mail address can be used in one organization only',
    pitfall: 7,
    changes: [
      {
        file: USERS,
        from: 'const row = await this.#store.create(ctx.tx, {',
        to: `if (TAKEN.has(input.email)) throw alreadyExists('input.email', 'Somebody has this e-mail address.');
    TAKEN.add(input.email);
    const row = await this.#store.create(ctx.tx, {`,
      },
      {
        file: USERS,
        from: 'import { notFound } from',
        to: 'import { alreadyExists, notFound } from',
      },
      {
        file: USERS,
        from: 'export class UserService {',
        to: 'const TAKEN = new Set<string>();\n\nexport class UserService {',
      },
    ],
    tryFirst: { files: [REQUEST_TESTS], tests: 'an account' },
  },
  {
    name: 'a duplicate tells the name of its constraint',
    pitfall: 21,
    changes: [
      {
        file: 'src/identity/user/user.store.ts',
        from: "          'Somebody in this organization has this e-mail address.',\n        );",
        to: '          (error as Error).message,\n        );',
      },
    ],
    tryFirst: { files: [REQUEST_TESTS], tests: 'an account' },
  },
];
