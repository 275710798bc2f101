import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { PasswordHasher } from '../src/identity/session/password-hasher.js';
import { systemClock } from '../src/shared/clock.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Answer, type Api, type Organization, startApi } from './support/api.js';

const PASSWORD = 'correct horse battery';
const DAY_MS = 86_400_000;

let api: Api;
let acme: Organization;
let clock = systemClock;

beforeAll(async () => {
  api = await startApi({ clock: { now: () => clock.now() } });
  acme = await organizationWithPasswords(api);
});

afterAll(() => api?.close());

async function organizationWithPasswords(of: Api): Promise<Organization> {
  const org = await of.createOrganization('acme');
  const hash = await new PasswordHasher().hash(PASSWORD);
  await asSuperuser(`UPDATE users SET password_hash = '${hash}'`, of);
  return org;
}

const asSuperuser = (sql: string, { database } = api) =>
  withAdminConnection(database.superuserUrl, (client) => client.query(sql));

const SIGN_IN = `mutation ($input: SignInInput!) {
  signIn(input: $input) { accessToken refreshToken expiresAt } }`;
const REFRESH = `mutation ($input: RefreshSessionInput!) {
  refreshSession(input: $input) { accessToken refreshToken expiresAt } }`;
const VIEWER = '{ viewer { id } }';
const RENAME = 'mutation ($name: String!) { updateProfile(input: { name: $name }) { name } }';

const credentials = (of: Organization, delivery = 'COOKIES') => ({
  input: { organization: of.slug, email: of.member.email, password: PASSWORD, delivery },
});

interface SetCookie {
  name: string;
  value: string;
  /** `HttpOnly`, `Max-Age=900` …, in order. */
  attributes: string[];
}

function cookiesSetBy({ headers }: Pick<Answer, 'headers'>): SetCookie[] {
  return headers.getSetCookie().map((line) => {
    const [pair = '', ...attributes] = line.split('; ');
    const [, name = '', value = ''] = /^(.+?)=(.*)$/.exec(pair) ?? [];
    return { name, value, attributes: attributes.sort() };
  });
}

/** Something that keeps cookies, as a browser does. */
class Browser {
  readonly cookies = new Map<string, string>();
  readonly #api: Api;

  constructor(of: Api = api) {
    this.#api = of;
  }

  get header(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  async send(query: string, variables: object = {}, headers: object = {}): Promise<Answer> {
    const cookie = this.cookies.size > 0 ? { cookie: this.header } : {};
    const answer = await this.#api.send(query, variables, { ...cookie, ...headers });
    this.keep(answer);
    return answer;
  }

  keep(answer: Pick<Answer, 'headers'>): void {
    for (const { name, value, attributes } of cookiesSetBy(answer)) {
      if (attributes.includes('Max-Age=0')) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }
}

async function signedIn(of: Api = api, org = acme): Promise<Browser> {
  const browser = new Browser(of);
  const { errors } = await browser.send(SIGN_IN, credentials(org));
  expect(errors).toBeUndefined();
  return browser;
}

const ACCESS = 'rowhouse_access';
const REFRESHING = 'rowhouse_refresh';
/** Only the access token goes to the routes beside GraphQL as well. */
const PATHS: Record<string, string> = { [ACCESS]: 'Path=/', [REFRESHING]: 'Path=/graphql' };
const attributesOf = (name: string, maxAge: unknown) => [
  'HttpOnly',
  maxAge,
  PATHS[name],
  'SameSite=Strict',
];
const TOKEN = /eyJ|rhr_/;

const CLEARED = [ACCESS, REFRESHING].map((name) => ({
  name,
  value: '',
  attributes: attributesOf(name, 'Max-Age=0'),
}));

describe('tokens delivered as cookies', () => {
  it('are nowhere else, and live as long as they are good', async () => {
    // The second time by the short way, on which known operations go.
    for (let time = 0; time < 3; time++) {
      const answer = await api.send(SIGN_IN, credentials(acme));
      expect(answer.data.signIn).toEqual({
        accessToken: null,
        refreshToken: null,
        expiresAt: expect.any(String),
      });
      expect(answer.text).not.toMatch(TOKEN);
      expect(cookiesSetBy(answer)).toEqual([
        {
          name: ACCESS,
          value: expect.stringMatching(/^eyJ/),
          attributes: attributesOf(ACCESS, expect.stringMatching(/^Max-Age=(899|900)$/)),
        },
        {
          name: REFRESHING,
          value: expect.stringMatching(/^rhr_/),
          attributes: attributesOf(
            REFRESHING,
            expect.stringMatching(/^Max-Age=(2591999|2592000)$/),
          ),
        },
      ]);
    }
  });

  it('live no longer than what is left of the session', async () => {
    const browser = await signedIn();
    clock = { now: () => new Date(Date.now() + 30 * DAY_MS - 600_000) };
    try {
      const answer = await browser.send(REFRESH, { input: {} });
      for (const { attributes } of cookiesSetBy(answer)) {
        const [, seconds] = /Max-Age=(\d+)/.exec(attributes.join()) ?? [];
        expect(Number(seconds)).toBeGreaterThan(500);
        expect(Number(seconds)).toBeLessThanOrEqual(600);
      }
      expect(cookiesSetBy(answer)).toHaveLength(2);
    } finally {
      clock = systemClock;
    }
  });

  it('are not set where nobody asks for them, nor by a sign-in that is refused', async () => {
    const inBody = await api.send(SIGN_IN, credentials(acme, 'BODY'));
    expect(inBody.data.signIn).toMatchObject({
      accessToken: expect.stringMatching(/^eyJ/),
      refreshToken: expect.stringMatching(/^rhr_/),
    });
    const { input } = credentials(acme);
    const { delivery: _delivery, ...plain } = input;
    const byDefault = await api.send(SIGN_IN, { input: plain });
    expect(byDefault.data.signIn.accessToken).toMatch(/^eyJ/);
    const refused = await api.send(SIGN_IN, { input: { ...input, password: 'wrong' } });
    expect(refused.status).toBe(401);
    for (const answer of [inBody, byDefault, refused]) expect(cookiesSetBy(answer)).toEqual([]);
  });

  it('are set by a mutation with several fields, whatever becomes of the others', async () => {
    const { input } = credentials(acme);
    const both = `mutation ($input: SignInInput!) {
      a: signIn(input: $input) { accessToken }
      b: createProject(input: { name: "nobody" }) { id }
      c: signIn(input: $input) { accessToken } }`;
    const browser = new Browser();
    for (let time = 0; time < 3; time++) {
      const answer = await browser.send(both, { input });
      expect(answer.status).toBe(200);
      expect(answer.errors).toHaveLength(1);
      // Of the last one, and once each.
      expect(cookiesSetBy(answer).map(({ name }) => name)).toEqual([ACCESS, REFRESHING]);
    }
    expect((await browser.send(VIEWER)).data.viewer.id).toBe(acme.member.id);
    const out = await browser.send(
      'mutation { signOut failing: revokeSession(input: { sessionId: "x" }) { id } }',
    );
    expect(out.data).toEqual({ signOut: true, failing: null });
    expect(cookiesSetBy(out)).toEqual(CLEARED);
  });
});

describe('a browser', () => {
  it('is signed in by its cookies, asks and writes with them, and goes on by refreshing', async () => {
    const browser = await signedIn();
    for (let time = 0; time < 5; time++) {
      const { data, headers } = await browser.send(VIEWER);
      expect(data.viewer.id).toBe(acme.member.id);
      expect(headers.get('set-cookie')).toBeNull();
    }
    expect((await browser.send(RENAME, { name: 'Browser' })).data).toEqual({
      updateProfile: { name: 'Browser' },
    });
    const before = new Map(browser.cookies);
    const refreshed = await browser.send(REFRESH, { input: { delivery: 'COOKIES' } });
    expect(refreshed.data.refreshSession).toMatchObject({ accessToken: null, refreshToken: null });
    expect(browser.cookies.get(REFRESHING)).not.toBe(before.get(REFRESHING));
    expect(browser.cookies.get(ACCESS)).not.toBe(before.get(ACCESS));
    expect((await browser.send(VIEWER)).errors).toBeUndefined();
  });

  it('does not get tokens that came as cookies into the hands of a script', async () => {
    const browser = await signedIn();
    const answer = await browser.send(REFRESH, { input: { delivery: 'BODY' } });
    expect(answer.data.refreshSession).toMatchObject({ accessToken: null, refreshToken: null });
    expect(answer.text).not.toMatch(TOKEN);
    expect(cookiesSetBy(answer)).toHaveLength(2);
  });

  it('can have a token of its own made into cookies', async () => {
    const { data } = await api.send(SIGN_IN, credentials(acme, 'BODY'));
    const browser = new Browser();
    const { refreshToken } = data.signIn;
    const answer = await browser.send(REFRESH, { input: { refreshToken, delivery: 'COOKIES' } });
    expect(answer.text).not.toMatch(TOKEN);
    expect((await browser.send(VIEWER)).errors).toBeUndefined();
  });

  it('without cookies has nothing to refresh', async () => {
    for (const input of [{}, { refreshToken: null }, { delivery: 'COOKIES' }]) {
      const { status, errors } = await api.send(REFRESH, { input });
      expect(status).toBe(401);
      expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    }
  });

  it.each([
    ['signOut', () => 'mutation { signOut }'],
    ['signOutEverywhere', () => 'mutation { signOutEverywhere }'],
    [
      'revokeSession of its own',
      (id: string) => `mutation { revokeSession(input: { sessionId: "${id}" }) { id } }`,
    ],
  ])('forgets them after %s', async (_what, mutation) => {
    const browser = await signedIn();
    const { sid } = decodeJwt(browser.cookies.get(ACCESS) as string);
    const kept = browser.header;
    const answer = await browser.send(mutation(sid as string));
    expect(answer.errors).toBeUndefined();
    expect(cookiesSetBy(answer)).toEqual(CLEARED);
    expect(browser.cookies.size).toBe(0);
    // Nor would they be of use to who has copied them.
    expect((await api.send(VIEWER, {}, { cookie: kept })).status).toBe(401);
    expect((await api.send(REFRESH, { input: {} }, { cookie: kept })).status).toBe(401);
  });

  it('keeps them when another session is ended', async () => {
    const [browser, other] = [await signedIn(), await signedIn()];
    const { sid } = decodeJwt(other.cookies.get(ACCESS) as string);
    const answer = await browser.send(
      `mutation { revokeSession(input: { sessionId: "${sid}" }) { isCurrent } }`,
    );
    expect(answer.data).toEqual({ revokeSession: { isCurrent: false } });
    expect(cookiesSetBy(answer)).toEqual([]);
  });

  it('is no concern of a program, which is sent no cookies', async () => {
    const { data } = await api.send(SIGN_IN, credentials(acme, 'BODY'));
    const authorization = `Bearer ${data.signIn.accessToken}`;
    const answer = await api.send('mutation { signOut }', {}, { authorization });
    expect(answer.data).toEqual({ signOut: true });
    expect(cookiesSetBy(answer)).toEqual([]);
  });
});

describe('no cookie leaves', () => {
  const failingCommits = async (change: string, work: () => Promise<void>) => {
    await asSuperuser(`
      CREATE FUNCTION refuse_commit() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'refused at commit'; END $$;
      CREATE CONSTRAINT TRIGGER refuse_commit AFTER ${change} ON sessions
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_commit()`);
    try {
      await work();
    } finally {
      await asSuperuser('DROP TRIGGER refuse_commit ON sessions; DROP FUNCTION refuse_commit()');
    }
  };

  it('before the commit has succeeded', async () => {
    const browser = await signedIn();
    await failingCommits('INSERT OR DELETE OR UPDATE', async () => {
      for (const [query, variables] of [
        [SIGN_IN, credentials(acme)],
        [REFRESH, { input: {} }],
        ['mutation { signOut }', {}],
        ['mutation { signOutEverywhere __typename }', {}],
      ] as const) {
        const answer = await browser.send(query, variables);
        expect(answer.status).toBe(500);
        expect(cookiesSetBy(answer)).toEqual([]);
      }
    });
    expect((await browser.send(VIEWER)).errors).toBeUndefined();
    expect((await browser.send(REFRESH, { input: {} })).errors).toBeUndefined();
  });
});

describe('a cookie that does not hold', () => {
  const expectOutOfTheWay = async (cookie: string) => {
    const viewer = await api.send(VIEWER, {}, { cookie });
    expect(viewer).toMatchObject({ status: 401, data: null });
    expect(viewer.errors?.[0]).toMatchObject({ extensions: { code: 'UNAUTHENTICATED' } });
    const write = await api.send(RENAME, { name: 'late' }, { cookie });
    expect(write.status).toBe(401);
    expect((await api.send('{ __typename }', {}, { cookie })).status).toBe(200);
    const again = await api.send(SIGN_IN, credentials(acme), { cookie });
    expect(again.errors).toBeUndefined();
    expect(cookiesSetBy(again)).toHaveLength(2);
    const { data } = await api.send(SIGN_IN, credentials(acme, 'BODY'));
    const { refreshToken } = data.signIn;
    const refreshed = await api.send(REFRESH, { input: { refreshToken } }, { cookie });
    expect(refreshed.errors).toBeUndefined();
  };

  it.each([
    ['malformed', 'x'],
    ['empty', ''],
    ['forged', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyIn0.'],
    ['no token at all', '%E0%A4%A'],
    ['a refresh token', `rhr_${'A'.repeat(86)}`],
  ])('because it is %s is not in the way of signing in', async (_why, value) => {
    await expectOutOfTheWay(`${ACCESS}=${value}`);
  });

  it('because it has expired is not in the way of refreshing', async () => {
    const browser = await signedIn();
    clock = { now: () => new Date(Date.now() + 3_600_000) };
    try {
      await expectOutOfTheWay(`${ACCESS}=${browser.cookies.get(ACCESS)}`);
      expect((await browser.send(VIEWER)).status).toBe(401);
      expect((await browser.send(REFRESH, { input: {} })).errors).toBeUndefined();
      expect((await browser.send(VIEWER)).errors).toBeUndefined();
    } finally {
      clock = systemClock;
    }
  });

  it('because its session has ended is not in the way of signing in', async () => {
    const browser = await signedIn();
    const { header } = browser;
    await browser.send('mutation { signOut }');
    await expectOutOfTheWay(header);
  });

  it('because the role has changed is not in the way of refreshing', async () => {
    const browser = await signedIn();
    await asSuperuser('UPDATE sessions SET stamp = stamp + 1');
    expect((await browser.send(VIEWER)).status).toBe(401);
    expect((await browser.send(REFRESH, { input: {} })).errors).toBeUndefined();
    expect((await browser.send(VIEWER)).errors).toBeUndefined();
    // What the other tests are signed in with.
    await asSuperuser('UPDATE sessions SET stamp = 1');
  });

  it('says nothing where there is an Authorization header', async () => {
    const browser = await signedIn();
    const own = { authorization: `Bearer ${acme.viewer.token}` };
    expect((await browser.send(VIEWER, {}, own)).data.viewer.id).toBe(acme.viewer.id);
    const stale = await browser.send(VIEWER, {}, { authorization: 'Bearer x.y.z' });
    expect(stale.status).toBe(401);
    expect(stale.data).toBeUndefined();
  });
});

describe("a page of another site, with a victim's cookies,", () => {
  let victim: Browser;

  beforeAll(async () => {
    victim = await signedIn();
  });

  const nameOf = async () => (await victim.send('{ viewer { name } }')).data.viewer.name;
  const body = (query: string, variables = {}) => JSON.stringify({ query, variables });

  const SIMPLE: [type: string | undefined][] = [
    [undefined],
    ['text/plain'],
    ['text/plain;charset=UTF-8'],
    ['text/plain; application/json'],
    ['text/plain;x=application/json'],
    ['TEXT/PLAIN; charset="application/json"'],
    ['application/x-www-form-urlencoded'],
    ['multipart/form-data; boundary=x'],
  ];

  it.each(SIMPLE)('cannot write by POST as %s', async (type) => {
    // So that it would be known, if that were a way around the checks.
    for (let time = 0; time < 3; time++) await victim.send(RENAME, { name: 'Victim' });
    const response = await fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { cookie: victim.header, ...(type && { 'content-type': type }) },
      body: Buffer.from(body(RENAME, { name: 'Attacked' })),
    });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(await response.text()).not.toContain('"data":{"updateProfile"');
    expect(await nameOf()).toBe('Victim');
  });

  const get = (query: string, headers: Record<string, string> = {}) =>
    fetch(`${api.url}/graphql?query=${encodeURIComponent(query)}`, {
      headers: { accept: 'application/json', cookie: victim.header, ...headers },
    });

  it('cannot read by GET', async () => {
    for (const headers of [{}, { authorization: '' }, { 'content-type': 'text/plain' }]) {
      const response = await get(VIEWER, headers);
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('Cross-Site Request Forgery');
    }
  });

  it('cannot sign the victim in as somebody else', async () => {
    const response = await fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: body(SIGN_IN, credentials(acme)),
    });
    expect(response.status).toBe(400);
    expect(response.headers.get('set-cookie')).toBeNull();
  });

  it('is told from a page of this one by headers that it cannot send', async () => {
    const safe: Record<string, string>[] = [
      { 'apollo-require-preflight': '1' },
      { 'x-apollo-operation-name': 'Viewer' },
      { 'content-type': 'application/json' },
    ];
    for (const headers of safe) {
      const response = await get(VIEWER, headers);
      expect(await response.json()).toMatchObject({ data: { viewer: { id: acme.member.id } } });
    }
    // A header that says who asks lets a GET pass, and says it instead of the cookies.
    const other = await get(VIEWER, { authorization: `Bearer ${acme.viewer.token}` });
    expect(await other.json()).toMatchObject({ data: { viewer: { id: acme.viewer.id } } });
  });

  it('cannot write by GET, whatever it sends', async () => {
    const mutation = 'mutation { updateProfile(input: { name: "Attacked" }) { name } }';
    const response = await get(mutation, { 'apollo-require-preflight': '1' });
    expect(response.status).toBe(405);
    expect(await nameOf()).toBe('Victim');
  });
});

describe('another origin', () => {
  const APP = 'https://app.example.com';
  let strict: Api;
  let open: Api;
  let org: Organization;

  beforeAll(async () => {
    const cookies = { isSecure: true, sameSite: 'none' } as const;
    strict = await startApi({ server: { corsOrigins: [APP], cookies } });
    open = await startApi({ server: { corsOrigins: ['*'] } });
    org = await organizationWithPasswords(strict);
  });

  afterAll(async () => {
    await strict?.close();
    await open?.close();
  });

  const preflight = async ({ url }: Api, origin: string) => {
    const { headers } = await fetch(`${url}/graphql`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    });
    return {
      origin: headers.get('access-control-allow-origin'),
      credentials: headers.get('access-control-allow-credentials'),
    };
  };

  it('may send cookies when it is named', async () => {
    expect(await preflight(strict, APP)).toEqual({ origin: APP, credentials: 'true' });
    const answer = await strict.send(VIEWER, {}, { origin: APP });
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
    expect(answer.headers.get('vary')).toMatch(/origin/i);
  });

  it.each(['https://evil.example.com', 'https://app.example.com.evil.org', 'null'])(
    'may not when it is %s, which is not named',
    async (origin) => {
      expect((await preflight(strict, origin)).origin).toBeNull();
      const answer = await strict.send(VIEWER, {}, { origin });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    },
  );

  it('may never where every page may call', async () => {
    expect(await preflight(open, APP)).toEqual({ origin: '*', credentials: null });
    const answer = await open.send(VIEWER, {}, { origin: APP });
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it('gets cookies with the attributes that are set', async () => {
    const answer = await strict.send(SIGN_IN, credentials(org), { origin: APP });
    for (const { name, attributes } of cookiesSetBy(answer)) {
      expect(attributes).toEqual(
        expect.arrayContaining(['HttpOnly', PATHS[name], 'SameSite=None', 'Secure']),
      );
    }
    expect(cookiesSetBy(answer)).toHaveLength(2);
  });
});
