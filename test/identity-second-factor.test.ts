import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateSync } from 'otplib';
import { PasswordHasher } from '../src/identity/session/password-hasher.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import {
  type Answer,
  type Api,
  type Organization,
  type Person,
  startApi,
  unknownId,
} from './support/api.js';
import { statementsOf } from './support/statements.js';

const PASSWORD = 'correct horse battery';
const WRONG = 'wrong horse battery';
const STEP_MS = 30_000;
const PER_PAIR = 5;

const SIGN_IN =
  'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken refreshToken } }';
const ENROLL =
  'mutation ($input: EnrollSecondFactorInput!) { enrollSecondFactor(input: $input) { setupKey uri } }';
const CONFIRM =
  'mutation ($input: ConfirmSecondFactorInput!) { confirmSecondFactor(input: $input) { codes } }';
const DISABLE =
  'mutation ($input: DisableSecondFactorInput!) { disableSecondFactor(input: $input) { id hasSecondFactor } }';
const RENEW =
  'mutation ($input: RenewRecoveryCodesInput!) { renewRecoveryCodes(input: $input) { codes } }';
const RESET =
  'mutation ($input: ResetSecondFactorInput!) { resetSecondFactor(input: $input) { id hasSecondFactor } }';
const REQUIRED = 'SECOND_FACTOR_REQUIRED';

let api: Api;
let passwordHash: string;
let now = Date.now();

beforeAll(async () => {
  passwordHash = await new PasswordHasher().hash(PASSWORD);
  const many = { times: 10_000, seconds: 600 };
  api = await startApi({
    clock: { now: () => new Date(now) },
    identity: {
      signIn: { perAddress: many, perAccount: many, perPair: { times: PER_PAIR, seconds: 600 } },
    },
  });
});

afterAll(() => api?.close());

async function organization(): Promise<Organization> {
  const org = await api.createOrganization();
  await inDatabase('UPDATE users SET password_hash = $1 WHERE org_id = $2', [
    passwordHash,
    org.tenant.orgId,
  ]);
  return org;
}

// biome-ignore lint/suspicious/noExplicitAny: rows of any table.
async function inDatabase(statement: string, values: unknown[]): Promise<any[]> {
  return withAdminConnection(
    api.database.superuserUrl,
    async (client) => (await client.query(statement, values)).rows,
  );
}

const signIn = (org: Organization, { email }: Person, code?: string, password = PASSWORD) =>
  api.send(SIGN_IN, {
    input: { organization: org.slug, email, password, ...(code !== undefined && { code }) },
  });

const codeOf = ({ errors }: Answer) => errors?.[0].extensions.code;

/** The code that an app shows, so many steps from now. */
const codeAt = (secret: string, steps = 0) =>
  generateSync({ secret, epoch: Math.floor((now + steps * STEP_MS) / 1000) });

const nextStep = (steps = 1) => {
  now += steps * STEP_MS;
};

/** Turns the second factor of somebody on. */
async function enable(person: Person): Promise<{ secret: string; recoveryCodes: string[] }> {
  const { enrollSecondFactor } = await person.ask(ENROLL, { input: { password: PASSWORD } });
  const { setupKey: secret } = enrollSecondFactor;
  const { confirmSecondFactor } = await person.ask(CONFIRM, { input: { code: codeAt(secret) } });
  nextStep();
  return { secret, recoveryCodes: confirmSecondFactor.codes };
}

async function kindsAbout(org: Organization, { id }: Person): Promise<string[]> {
  const { auditEvents } = await org.owner.ask(
    `{ auditEvents(first: 100, filter: { subjectId: "${id}" }) { nodes { kind } } }`,
  );
  return auditEvents.nodes.map(({ kind }: { kind: string }) => kind).reverse();
}

describe('a second factor', () => {
  it('is asked for once a code has confirmed it, and not before', async () => {
    const org = await organization();
    const { enrollSecondFactor } = await org.member.ask(ENROLL, { input: { password: PASSWORD } });
    const { setupKey: secret, uri } = enrollSecondFactor;
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(new URL(uri).searchParams.get('secret')).toBe(secret);
    expect(decodeURIComponent(uri)).toContain(`${org.slug}:${org.member.email}`);
    expect((await signIn(org, org.member)).errors).toBeUndefined();

    const { confirmSecondFactor } = await org.member.ask(CONFIRM, {
      input: { code: codeAt(secret) },
    });
    expect(new Set(confirmSecondFactor.codes).size).toBe(10);
    nextStep();
    const without = await signIn(org, org.member);
    expect(codeOf(without)).toBe(REQUIRED);
    expect(without.data.signIn).toBeNull();
    expect((await signIn(org, org.member, codeAt(secret))).errors).toBeUndefined();
    expect(await kindsAbout(org, org.member)).toEqual([
      'SESSION_SIGNED_IN',
      'USER_SECOND_FACTOR_ENABLED',
      'SESSION_REFUSED',
      'SESSION_SIGNED_IN',
    ]);
  });

  it('is not spoken of to who has the wrong password, whatever the code', async () => {
    const org = await organization();
    const { secret } = await enable(org.member);
    const of = [
      await signIn(org, org.member, undefined, WRONG),
      await signIn(org, org.member, codeAt(secret), WRONG),
      await signIn(org, org.viewer, undefined, WRONG),
      await signIn(org, org.viewer, '123456', WRONG),
    ];
    expect(new Set(of.map(({ text }) => text)).size).toBe(1);
    expect(codeOf(of[0] as Answer)).toBe('UNAUTHENTICATED');
    const sent: string[][] = [];
    for (const person of [org.member, org.viewer]) {
      const statements = await statementsOf(() => signIn(org, person, '123456', WRONG));
      sent.push(statements.map((text) => text.replaceAll(/[0-9a-f-]{36}/g, '…')));
    }
    expect(sent[1]).toEqual(sent[0]);
  });

  it('takes a code once, even when two come at the same time', async () => {
    const org = await organization();
    const { secret } = await enable(org.member);
    const code = codeAt(secret);
    const answers = await Promise.all([1, 2, 3].map(() => signIn(org, org.member, code)));
    expect(answers.map(codeOf).filter((each) => each === undefined)).toHaveLength(1);
    expect(answers.map(codeOf).filter((each) => each === REQUIRED)).toHaveLength(2);
    expect(codeOf(await signIn(org, org.member, code))).toBe(REQUIRED);
  });

  it('takes no code from before the last one, nor the one that confirmed it', async () => {
    const org = await organization();
    const { enrollSecondFactor } = await org.member.ask(ENROLL, { input: { password: PASSWORD } });
    const { setupKey: secret } = enrollSecondFactor;
    const confirming = codeAt(secret);
    await org.member.ask(CONFIRM, { input: { code: confirming } });
    expect(codeOf(await signIn(org, org.member, confirming))).toBe(REQUIRED);
    nextStep(3);
    expect((await signIn(org, org.member, codeAt(secret))).errors).toBeUndefined();
    expect(codeOf(await signIn(org, org.member, codeAt(secret, -1)))).toBe(REQUIRED);
  });

  it.each([
    [-2, false],
    [-1, true],
    [0, true],
    [1, true],
    [2, false],
  ])('takes the code of a clock that is %i steps off: %p', async (steps, isTaken) => {
    const org = await organization();
    const { secret } = await enable(org.member);
    nextStep(5);
    const { errors } = await signIn(org, org.member, codeAt(secret, steps));
    expect(errors === undefined).toBe(isTaken);
  });

  it.each(['12345', '1234567', 'abcdef', '١٢٣٤٥٦', '-12345', '1e5', '      '])(
    'takes no %p',
    async (code) => {
      const org = await organization();
      await enable(org.member);
      const given = codeOf(await signIn(org, org.member, code));
      expect([REQUIRED, 'BAD_USER_INPUT']).toContain(given);
    },
  );

  it('counts wrong codes like wrong passwords, and the right password without one not at all', async () => {
    const org = await organization();
    const { secret } = await enable(org.member);
    for (let n = 0; n < 2 * PER_PAIR; n++) {
      expect(codeOf(await signIn(org, org.member))).toBe(REQUIRED);
    }
    for (let n = 0; n < PER_PAIR; n++) {
      expect(codeOf(await signIn(org, org.member, '000000'))).toBe(REQUIRED);
      // In between, the password alone does not take back what was counted.
      if (n < PER_PAIR - 1) await signIn(org, org.member);
    }
    expect(codeOf(await signIn(org, org.member, codeAt(secret)))).toBe('UNAUTHENTICATED');
    expect((await kindsAbout(org, org.member)).at(-1)).toBe('SESSION_THROTTLED');
  });

  it('ends the other sessions when it is turned on', async () => {
    const org = await organization();
    const { data } = await signIn(org, org.member);
    const { accessToken } = data.signIn;
    const ask = () => api.send('{ viewer { id } }', {}, { authorization: `Bearer ${accessToken}` });
    expect((await ask()).status).toBe(200);
    await enable(org.member);
    expect((await ask()).status).toBe(401);
    expect((await org.member.ask('{ viewer { id } }')).viewer.id).toBe(org.member.id);
  });
});

describe('recovery codes', () => {
  it('sign in once each, in any spelling', async () => {
    const org = await organization();
    const { recoveryCodes } = await enable(org.member);
    const [first = '', second = ''] = recoveryCodes;
    expect(first).toMatch(/^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/);
    expect((await signIn(org, org.member, first)).errors).toBeUndefined();
    expect(codeOf(await signIn(org, org.member, first))).toBe(REQUIRED);
    const spelled = second.toUpperCase().replaceAll('-', ' ');
    expect((await signIn(org, org.member, spelled)).errors).toBeUndefined();
    expect(await kindsAbout(org, org.member)).toEqual([
      'USER_SECOND_FACTOR_ENABLED',
      'USER_RECOVERY_CODE_USED',
      'SESSION_SIGNED_IN',
      'SESSION_REFUSED',
      'USER_RECOVERY_CODE_USED',
      'SESSION_SIGNED_IN',
    ]);
  });

  it('sign in one of those who use the same at once', async () => {
    const org = await organization();
    const { recoveryCodes } = await enable(org.member);
    const answers = await Promise.all(
      [1, 2, 3].map(() => signIn(org, org.member, recoveryCodes[0])),
    );
    expect(answers.filter(({ errors }) => errors === undefined)).toHaveLength(1);
  });

  it('are of one account, and of one organization', async () => {
    const [org, other] = [await organization(), await organization()];
    const { recoveryCodes } = await enable(org.member);
    await enable(org.viewer);
    await enable(other.member);
    expect(codeOf(await signIn(org, org.viewer, recoveryCodes[0]))).toBe(REQUIRED);
    expect(codeOf(await signIn(other, other.member, recoveryCodes[0]))).toBe(REQUIRED);
    expect((await signIn(org, org.member, recoveryCodes[0])).errors).toBeUndefined();
  });

  it('are renewed by who knows the password, and end those before', async () => {
    const org = await organization();
    const { recoveryCodes } = await enable(org.member);
    const refused = await org.member.fail(RENEW, { input: { password: WRONG } });
    expect(refused.extensions.fields[0].path).toBe('input.password');
    const { renewRecoveryCodes } = await org.member.ask(RENEW, { input: { password: PASSWORD } });
    expect(codeOf(await signIn(org, org.member, recoveryCodes[0]))).toBe(REQUIRED);
    expect((await signIn(org, org.member, renewRecoveryCodes.codes[9])).errors).toBeUndefined();
    const none = await org.viewer.fail(RENEW, { input: { password: PASSWORD } });
    expect(none.extensions.code).toBe('BAD_USER_INPUT');
  });

  it('and the secret are nowhere in the database, nor in the audit trail', async () => {
    const org = await organization();
    const { secret, recoveryCodes } = await enable(org.member);
    const dump = await inDatabase(
      `SELECT (SELECT json_agg(t) FROM second_factors AS t)::text AS factors,
        (SELECT json_agg(t) FROM recovery_codes AS t)::text AS codes,
        (SELECT json_agg(t) FROM audit_events AS t)::text AS events`,
      [],
    );
    const text = JSON.stringify(dump);
    const hex = Buffer.from(secret).toString('hex');
    for (const hidden of [secret, hex, ...recoveryCodes]) expect(text).not.toContain(hidden);
    expect(text).toContain(org.member.uuid);
  });
});

describe('enrollSecondFactor', () => {
  it('takes the password', async () => {
    const org = await organization();
    const { extensions } = await org.member.fail(ENROLL, { input: { password: WRONG } });
    expect(extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.password' }],
    });
  });

  it('gives another secret each time until one is confirmed, and none then', async () => {
    const org = await organization();
    const input = { password: PASSWORD };
    const first = (await org.member.ask(ENROLL, { input })).enrollSecondFactor.setupKey;
    const second = (await org.member.ask(ENROLL, { input })).enrollSecondFactor.setupKey;
    expect(second).not.toBe(first);
    const old = await org.member.fail(CONFIRM, { input: { code: codeAt(first) } });
    expect(old.extensions.fields[0].path).toBe('input.code');
    await org.member.ask(CONFIRM, { input: { code: codeAt(second) } });
    const third = await org.member.fail(ENROLL, { input });
    expect(third.extensions.code).toBe('BAD_USER_INPUT');
    const again = await org.member.fail(CONFIRM, { input: { code: codeAt(second) } });
    expect(again.extensions.code).toBe('BAD_USER_INPUT');
  });

  it('holds no connection while the password is worked on', async () => {
    const org = await organization();
    const sent = await statementsOf(() =>
      org.member.ask(ENROLL, { input: { password: PASSWORD } }),
    );
    const begun = sent.flatMap((text, at) => (text.startsWith('BEGIN') ? [at] : []));
    const read = sent.findIndex((text) => text.includes('password_hash'));
    const written = sent.findIndex((text) => text.includes('INSERT INTO second_factors'));
    // The password was read in a transaction of its own, ended before the one of the change begins.
    expect(begun).toHaveLength(2);
    expect(sent.slice(read, begun[1]).some((text) => /COMMIT/.test(text))).toBe(true);
    expect(written).toBeGreaterThan(begun[1] as number);
  });
});

describe('disableSecondFactor', () => {
  it.each([
    ['the password', () => ({ password: PASSWORD })],
    ['a code', ({ secret }: { secret: string }) => ({ code: codeAt(secret) })],
    [
      'a recovery code',
      ({ recoveryCodes }: { recoveryCodes: string[] }) => ({ code: recoveryCodes[0] }),
    ],
  ] as const)('takes %s', async (_what, of) => {
    const org = await organization();
    const enabled = await enable(org.member);
    const { disableSecondFactor } = await org.member.ask(DISABLE, { input: of(enabled) });
    expect(disableSecondFactor).toEqual({ id: org.member.id, hasSecondFactor: false });
    expect((await signIn(org, org.member)).errors).toBeUndefined();
    const rows = await inDatabase('SELECT FROM recovery_codes WHERE org_id = $1', [
      org.tenant.orgId,
    ]);
    expect(rows).toEqual([]);
    expect(await kindsAbout(org, org.member)).toContain('USER_SECOND_FACTOR_DISABLED');
  });

  it.each([
    ['a wrong password', { password: WRONG }, 'input.password'],
    ['a wrong code', { code: '000000' }, 'input.code'],
    ['neither', {}, 'input'],
    ['both', { password: PASSWORD, code: '000000' }, 'input'],
  ])('refuses %s', async (_what, input, path) => {
    const org = await organization();
    await enable(org.member);
    const { extensions } = await org.member.fail(DISABLE, { input });
    expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] });
    expect(codeOf(await signIn(org, org.member))).toBe(REQUIRED);
  });

  it('lets nobody guess for long, nor forget that they did', async () => {
    const org = await organization();
    await enable(org.member);
    for (let n = 0; n < PER_PAIR; n++)
      await org.member.fail(DISABLE, { input: { code: '000000' } });
    const { extensions } = await org.member.fail(DISABLE, { input: { password: PASSWORD } });
    expect(extensions.code).toBe('RATE_LIMITED');
    for (let n = 0; n < PER_PAIR; n++)
      await org.viewer.fail(DISABLE, { input: { code: '000000' } });
    const none = await org.viewer.fail(DISABLE, { input: { code: '000000' } });
    expect(none.extensions.code).toBe('RATE_LIMITED');
  });
});

describe('resetSecondFactor', () => {
  const reset = (by: Person, whom: { id: string }) =>
    by.send(RESET, { input: { userId: whom.id } });

  it('is for who writes users, for owners only by owners, and for nobody themselves', async () => {
    const org = await organization();
    for (const person of [org.member, org.admin, org.owner]) await enable(person);
    expect((await reset(org.viewer, org.member)).errors?.[0].extensions).toEqual({
      code: 'FORBIDDEN',
      permission: 'users:write',
    });
    expect((await reset(org.admin, org.owner)).errors?.[0].extensions).toEqual({
      code: 'FORBIDDEN',
      permission: 'organization:write',
    });
    expect(codeOf(await reset(org.admin, org.admin))).toBe('BAD_USER_INPUT');
    const { data } = await reset(org.admin, org.member);
    expect(data.resetSecondFactor).toEqual({ id: org.member.id, hasSecondFactor: false });
    expect((await signIn(org, org.member)).errors).toBeUndefined();
    const { auditEvents } = await org.owner.ask(
      '{ auditEvents(filter: { kind: [USER_SECOND_FACTOR_DISABLED] }) { nodes { actorId subjectId } } }',
    );
    expect(auditEvents.nodes).toEqual([{ actorId: org.admin.id, subjectId: org.member.id }]);
  });

  it('knows nobody of another organization', async () => {
    const [org, other] = [await organization(), await organization()];
    await enable(other.member);
    const id = unknownId('user');
    const [foreign, unknown] = [
      await reset(org.owner, other.member),
      await reset(org.owner, { id }),
    ];
    expect(foreign.text.replaceAll(other.member.id, id)).toBe(unknown.text);
    expect(codeOf(await signIn(other, other.member))).toBe(REQUIRED);
  });
});

describe('User.hasSecondFactor', () => {
  const LIST = '{ users(first: 10) { nodes { id hasSecondFactor } } }';

  it('is told to the person and to who writes users', async () => {
    const org = await organization();
    await enable(org.member);
    const seenBy = async (person: Person) => {
      const { users } = await person.ask(LIST);
      const of = new Map<string, boolean | null>(
        users.nodes.map((node: { id: string; hasSecondFactor: boolean }) => [
          node.id,
          node.hasSecondFactor,
        ]),
      );
      return [org.owner, org.admin, org.member, org.viewer].map(({ id }) => of.get(id));
    };
    expect(await seenBy(org.admin)).toEqual([false, false, true, false]);
    expect(await seenBy(org.member)).toEqual([null, null, true, null]);
    expect(await seenBy(org.viewer)).toEqual([null, null, null, false]);
  });

  it('is one statement for all of a list', async () => {
    const org = await organization();
    const sent = await statementsOf(() => org.admin.ask(LIST));
    expect(sent.filter((text) => text.includes('second_factors'))).toHaveLength(1);
  });
});

describe('removeUser', () => {
  it('removes the second factor and the recovery codes as well', async () => {
    const org = await organization();
    await enable(org.member);
    await org.owner.ask(
      'mutation ($input: RemoveUserInput!) { removeUser(input: $input) { id } }',
      {
        input: { userId: org.member.id },
      },
    );
    const rows = await inDatabase(
      `SELECT FROM second_factors WHERE user_id = $1
       UNION ALL SELECT FROM recovery_codes WHERE user_id = $1`,
      [org.member.uuid],
    );
    expect(rows).toEqual([]);
  });
});
