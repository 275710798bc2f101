import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  base64url,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  SignJWT,
} from 'jose';
import pg from 'pg';
import type { Clock } from '../src/shared/clock.js';
import { systemClock } from '../src/shared/clock.js';
import { encodeId, newUuid } from '../src/shared/ids.js';
import {
  type Api,
  identitySettings,
  type Organization,
  type Person,
  startApi,
} from './support/api.js';
import { eventually } from './support/eventually.js';
import { type KeyServer, startKeyServer } from './support/key-server.js';
import { AUDIENCE, CLIENT_ID, type OidcIssuer, startOidcIssuer } from './support/oidc-issuer.js';

// biome-ignore lint/suspicious/noExplicitAny: inputs and answers are looked at field by field.
type Json = any;

const VIEWER = '{ viewer { id email name role } }';
const PROVIDER =
  'id name issuer audience jwksUrl requiredClaims { claim value } emailClaim nameClaim roleClaim roleMapping { value role } defaultRole linkByEmail enabled version';
const CREATE = `mutation ($input: CreateIdentityProviderInput!) { createIdentityProvider(input: $input) { ${PROVIDER} } }`;
const UPDATE = `mutation ($input: UpdateIdentityProviderInput!) { updateIdentityProvider(input: $input) { ${PROVIDER} } }`;
const REMOVE =
  'mutation ($id: ID!) { removeIdentityProvider(input: { id: $id }) { id name enabled } }';
const SIGN_IN =
  'mutation ($input: SignInWithTokenInput!) { signInWithToken(input: $input) { accessToken refreshToken expiresAt } }';
const REFUSED = [
  {
    message: 'This token opens nothing in this organization. Sign in another way.',
    extensions: { code: 'UNAUTHENTICATED' },
  },
];

let api: Api;
let issuer: OidcIssuer;
let clock: Clock = systemClock;
let people = 0;

beforeAll(async () => {
  issuer = await startOidcIssuer();
  const { externalIdentity } = identitySettings();
  api = await startApi({
    identity: {
      externalIdentity: { ...externalIdentity, cooldownMs: 0, retryAfterMs: 0, timeoutMs: 1_500 },
    },
    clock: { now: () => clock.now() },
  });
});

afterEach(() => {
  clock = systemClock;
  issuer.answerWith(null);
});

afterAll(async () => {
  await api?.close();
  await issuer?.close();
});

/** Somebody whom nobody has seen before. */
const newcomer = (claims: Json = {}) => {
  const subject = `subject-${++people}`;
  return {
    subject,
    email: `${subject}@example.com`,
    email_verified: true,
    name: `No. ${people}`,
    ...claims,
  };
};

const issued = ({ subject, ...claims } = newcomer()) => issuer.signIn(subject, claims);

const createProvider = async (owner: Person, input: Json = {}): Promise<Json> => {
  const plain = {
    name: 'Our issuer',
    issuer: issuer.url,
    audience: AUDIENCE,
    defaultRole: 'MEMBER',
  };
  const { createIdentityProvider } = await owner.ask(CREATE, { input: { ...plain, ...input } });
  return createIdentityProvider;
};

/** An organization that trusts the issuer for its access tokens. */
const trusting = async (input: Json = {}) => {
  const organization = await api.createOrganization();
  const provider = await createProvider(organization.owner, input);
  return { organization, provider };
};

const sendAs = (token: string, organization: Organization | string, query = VIEWER) =>
  api.send(query, undefined, {
    authorization: `Bearer ${token}`,
    'x-organization': typeof organization === 'string' ? organization : organization.slug,
  });

const exchange = (token: string, organization: Organization | string) =>
  api.send(SIGN_IN, {
    input: {
      organization: typeof organization === 'string' ? organization : organization.slug,
      token,
    },
  });

const withSession = (answer: Json) =>
  api.send(VIEWER, undefined, {
    authorization: `Bearer ${answer.data.signInWithToken.accessToken}`,
  });

const expectRefused = async (token: string, organization: Organization | string) => {
  const direct = await sendAs(token, organization);
  expect({ status: direct.status, errors: direct.errors }).toMatchObject({
    status: 401,
    errors: REFUSED,
  });
  expect(direct.data ?? null).toBeNull();
  const exchanged = await exchange(token, organization);
  expect(exchanged.errors).toMatchObject(REFUSED);
  expect(exchanged.data).toBeNull();
};

const expectTaken = async (token: string, organization: Organization) => {
  const { errors, data } = await sendAs(token, organization);
  expect(errors).toBeUndefined();
  return data.viewer;
};

const eventsOf = async ({ owner }: Organization, kind: string) => {
  const { auditEvents } = await owner.ask(
    `{ auditEvents(filter: { kind: [${kind}] }) { nodes { kind actorId subjectId details } } }`,
  );
  return auditEvents.nodes;
};

/**
 * Runs `work` in a transaction of somebody else.
 *
 * @param work gives what is to be awaited once that is committed
 */
async function inTransaction<T>(work: (other: pg.Client) => Promise<() => Promise<T>>): Promise<T> {
  const other = new pg.Client({ connectionString: api.database.superuserUrl });
  await other.connect();
  try {
    await other.query('BEGIN');
    const rest = await work(other);
    await other.query('COMMIT');
    return await rest();
  } finally {
    await other.end();
  }
}

/** Holds the lock of an organization from elsewhere; else like `inTransaction`. */
function whileLocked<T>(
  { tenant }: Organization,
  work: (holder: pg.Client) => Promise<() => Promise<T>>,
): Promise<T> {
  return inTransaction(async (holder) => {
    await holder.query('SELECT FROM organizations WHERE id = $1 FOR NO KEY UPDATE', [tenant.orgId]);
    return work(holder);
  });
}

/** How many transactions of this database wait for a lock. */
async function waiting(client: pg.Client): Promise<number> {
  const { rows } = await client.query(
    `SELECT count(*)::int AS count FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rows[0].count;
}

describe('a token of an issuer that the organization trusts', () => {
  it('is good for requests, with the header that names the organization', async () => {
    const { organization } = await trusting();
    const person = newcomer();
    const { accessToken } = await issued(person);
    const bySlug = await sendAs(accessToken, organization);
    expect(bySlug.errors).toBeUndefined();
    expect(bySlug.data.viewer).toEqual({
      id: expect.stringMatching(/^user_/),
      email: person.email,
      name: person.name,
      role: 'MEMBER',
    });
    const byId = await sendAs(accessToken, organization.id);
    expect(byId.data).toEqual(bySlug.data);
    const again = await issued(person);
    expect((await sendAs(again.accessToken, organization)).data).toEqual(bySlug.data);
  });

  it('lets its holder do what the account may, and no more', async () => {
    const { organization } = await trusting({ defaultRole: 'VIEWER' });
    const { accessToken } = await issued();
    const { errors } = await sendAs(
      accessToken,
      organization,
      'mutation { createProject(input: { name: "mine" }) { id } }',
    );
    expect(errors?.[0].extensions).toEqual({ code: 'FORBIDDEN', permission: 'projects:write' });
  });

  it('is exchanged for a session of ours, whether ID token or access token', async () => {
    const { organization } = await trusting();
    await createProvider(organization.owner, { audience: CLIENT_ID, linkByEmail: true });
    const person = newcomer();
    const { idToken, accessToken } = await issued(person);
    for (const token of [accessToken, idToken]) {
      const answer = await exchange(token, organization);
      expect(answer.errors).toBeUndefined();
      const { data } = await withSession(answer);
      expect(data.viewer.email).toBe(person.email);
    }
    const signedIn = await eventsOf(organization, 'SESSION_SIGNED_IN');
    expect(signedIn).toHaveLength(2);
  });

  it('has its session refreshed and ended like any other', async () => {
    const { organization } = await trusting();
    const { accessToken } = await issued();
    const { data } = await exchange(accessToken, organization);
    const { refreshToken } = data.signInWithToken;
    const refreshed = await api.send(
      `mutation { refreshSession(input: { refreshToken: "${refreshToken}" }) { accessToken } }`,
    );
    expect(refreshed.errors).toBeUndefined();
  });

  it('makes one account, however many of its requests are the first at once', async () => {
    const { organization } = await trusting({ linkByEmail: true });
    await createProvider(organization.owner, { audience: CLIENT_ID, linkByEmail: true });
    const person = newcomer();
    const { accessToken, idToken } = await issued(person);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => {
        const token = index % 4 < 2 ? accessToken : idToken;
        return index % 2 ? sendAs(token, organization) : exchange(token, organization);
      }),
    );
    expect(answers.flatMap(({ errors }) => errors ?? [])).toEqual([]);
    const { users } = await organization.owner.ask(
      `{ users(filter: { search: "${person.email}" }) { totalCount } }`,
    );
    expect(users.totalCount).toBe(1);
    expect(await eventsOf(organization, 'USER_CREATED')).toHaveLength(1);
  });

  it('waits for whoever has its organization at the moment, and finds what they have made', async () => {
    const { organization } = await trusting({ linkByEmail: true });
    const person = newcomer();
    const { accessToken } = await issued(person);
    const uuid = newUuid();
    const answer = await whileLocked(organization, async (holder) => {
      await holder.query(
        `INSERT INTO users (org_id, id, email, name, role, password_hash)
          VALUES ($1, $2, $3, 'x', 'viewer', 'none')`,
        [organization.tenant.orgId, uuid, person.email],
      );
      const sent = sendAs(accessToken, organization);
      await eventually(async () => (await waiting(holder)) > 0, 'the request waits');
      return () => sent;
    });
    expect(answer.errors).toBeUndefined();
    expect(answer.data.viewer.id).toBe(encodeId('user', uuid));
  });

  it('finds the account that somebody makes for its holder at the same moment', async () => {
    const { organization } = await trusting({ linkByEmail: true });
    const person = newcomer();
    const { accessToken } = await issued(person);
    const uuid = newUuid();
    const answer = await inTransaction(async (other) => {
      await other.query(
        `INSERT INTO users (org_id, id, email, name, role, password_hash)
          VALUES ($1, $2, $3, 'x', 'viewer', 'none')`,
        [organization.tenant.orgId, uuid, person.email],
      );
      const sent = sendAs(accessToken, organization);
      await eventually(async () => (await waiting(other)) > 0, 'the request waits');
      return () => sent;
    });
    expect(answer.errors).toBeUndefined();
    expect(answer.data.viewer.id).toBe(encodeId('user', uuid));
  });

  it('keeps no other organization waiting, however many wait for theirs', async () => {
    const { organization } = await trusting();
    const other = await trusting();
    // More of them than there are connections.
    const tokens = await Promise.all(Array.from({ length: 12 }, () => issued()));
    const [first, second] = [await issued(), await issued()];
    const answers = await whileLocked(organization, async (holder) => {
      const sent = tokens.map(({ accessToken }) => sendAs(accessToken, organization));
      await eventually(async () => (await waiting(holder)) > 1, 'requests wait');
      await expectTaken(first.accessToken, other.organization);
      await expectTaken(second.accessToken, other.organization);
      return () => Promise.all(sent);
    });
    expect(answers.flatMap(({ errors }) => errors ?? [])).toEqual([]);
  });

  it('needs the header: without it, it is no token of ours', async () => {
    await trusting();
    const { accessToken } = await issued();
    const answer = await api.send(VIEWER, undefined, { authorization: `Bearer ${accessToken}` });
    expect(answer.status).toBe(401);
  });

  it('is under the trust of who has the name now, and not of who had it before', async () => {
    const old = await trusting();
    const { slug } = old.organization;
    const { accessToken } = await issued();
    await expectTaken(accessToken, old.organization);
    await old.organization.owner.ask(
      `mutation { updateOrganization(input: { slug: "${slug}-2" }) { id } }`,
    );
    await expectRefused(accessToken, slug);
    const { owner, id } = await api.createOrganization(slug);
    await createProvider(owner);
    const { data } = await sendAs(accessToken, slug, '{ organization { id } }');
    expect(data.organization.id).toBe(id);
    const renamed = await sendAs(accessToken, `${slug}-2`, '{ organization { id } }');
    expect(renamed.data.organization.id).toBe(old.organization.id);
  });

  it('is not told apart by the header: a token of ours stays one', async () => {
    const { organization } = await trusting();
    const other = await api.createOrganization();
    const { data } = await sendAs(organization.member.token, other, '{ organization { id } }');
    expect(data.organization.id).toBe(organization.id);
  });
});

describe('a token is refused', () => {
  it('in an organization that does not trust its issuer', async () => {
    await trusting();
    const { accessToken } = await issued();
    await expectRefused(accessToken, await api.createOrganization());
    await expectRefused(accessToken, 'no-such-organization');
    await expectRefused(accessToken, 'org_01h455vb4pex5vsknk084sn02q');
  });

  it('in an organization that trusts the issuer for another audience', async () => {
    const { organization } = await trusting({ audience: 'https://other.example.com' });
    const { accessToken, idToken } = await issued();
    await expectRefused(accessToken, organization);
    await expectRefused(idToken, organization);
  });

  it('that another issuer says to be of ours', async () => {
    const { organization } = await trusting();
    const stranger = await startOidcIssuer();
    try {
      const person = newcomer();
      const { accessToken } = await stranger.signIn(person.subject, person);
      await expectRefused(accessToken, organization);
      const { privateKey } = await generateKeyPair('RS256');
      const forged = await new SignJWT({ ...decodeJwt(accessToken), iss: issuer.url })
        .setProtectedHeader({ ...decodeProtectedHeader(accessToken), alg: 'RS256' })
        .sign(privateKey);
      await expectRefused(forged, organization);
    } finally {
      await stranger.close();
    }
  });

  it('once it has expired, also when it was taken before', async () => {
    const { organization } = await trusting();
    const { accessToken } = await issued();
    await expectTaken(accessToken, organization);
    const expiry = (decodeJwt(accessToken).exp as number) * 1_000;
    clock = { now: () => new Date(expiry + 60_000) };
    await expectRefused(accessToken, organization);
  });

  it('without a signature', async () => {
    const { organization } = await trusting();
    const { accessToken } = await issued();
    const [header, payload] = accessToken.split('.') as [string, string];
    const none = base64url.encode(
      JSON.stringify({ ...decodeProtectedHeader(accessToken), alg: 'none' }),
    );
    for (const forged of [`${none}.${payload}.AAAA`, `${header}.${payload}.AAAA`]) {
      await expectRefused(forged, organization);
    }
    expect((await exchange(`${none}.${payload}.`, organization)).errors).toMatchObject(REFUSED);
  });

  it('when the claims were changed', async () => {
    const { organization } = await trusting();
    const { accessToken } = await issued();
    const [header, , signature] = accessToken.split('.');
    const claims = { ...decodeJwt(accessToken), email: organization.owner.email };
    const forged = `${header}.${base64url.encode(JSON.stringify(claims))}.${signature}`;
    await expectRefused(forged, organization);
  });

  it('when it is no token at all', async () => {
    const { organization } = await trusting();
    for (const token of ['x', 'a.b.c', '...', organization.owner.token]) {
      expect((await exchange(token, organization)).errors).toMatchObject(REFUSED);
    }
  });

  it('without what the organization requires, or with something else there', async () => {
    const ours = await trusting({ requiredClaims: [{ claim: 'org_id', value: 'org_ours' }] });
    const theirs = await trusting({ requiredClaims: [{ claim: 'org_id', value: 'org_theirs' }] });
    const { accessToken } = await issued(newcomer({ org_id: 'org_ours' }));
    await expectTaken(accessToken, ours.organization);
    await expectRefused(accessToken, theirs.organization);
    for (const org_id of [undefined, 'ORG_OURS', ['org_ours'], { org_ours: true }]) {
      const other = await issued(newcomer({ org_id }));
      await expectRefused(other.accessToken, ours.organization);
    }
  });

  it.each(['constructor', 'toString'])(
    'where the claim %s is required, which every object has',
    async (claim) => {
      const { organization } = await trusting({ requiredClaims: [{ claim, value: 'x' }] });
      await expectRefused((await issued()).accessToken, organization);
    },
  );
});

describe('a token that its issuer has signed is refused', () => {
  let keys: KeyServer;
  const now = () => Math.floor(Date.now() / 1000);

  beforeAll(async () => {
    keys = await startKeyServer();
  });

  afterAll(() => keys?.close());

  const ISSUER = 'https://issuer.example.com/';
  const signed = (claims: Json = {}, header: Json = {}) => {
    const { subject, ...person } = newcomer();
    return keys.sign({ iss: ISSUER, aud: AUDIENCE, sub: subject, ...person, ...claims }, header);
  };
  const trustingKeys = (input: Json = {}) =>
    trusting({ issuer: ISSUER, jwksUrl: keys.url, ...input });

  it('but not as it should be', async () => {
    const { organization } = await trustingKeys();
    await expectTaken(await signed(), organization);
    await expectTaken(await signed({}, { typ: 'JWT' }), organization);
    await expectTaken(await signed({ aud: ['x', AUDIENCE] }, { typ: undefined }), organization);
  });

  it.each<[string, Json, Json]>([
    ['that never expires', { exp: undefined }, {}],
    ['that is not valid yet', { nbf: now() + 600 }, {}],
    ['about nobody', { sub: undefined }, {}],
    ['about nobody in particular', { sub: '' }, {}],
    ['about somebody with a name that no column holds', { sub: 'a\0b' }, {}],
    ['about somebody with too long a name', { sub: 'x'.repeat(256) }, {}],
    ['about several people', { sub: ['a'] as unknown as string }, {}],
    ['for nobody', { aud: undefined }, {}],
    ['for a name that no column holds', { aud: 'a\0b' }, {}],
    ['for logging somebody out', {}, { typ: 'logout+jwt' }],
    ['that tells of events', { events: {} }, {}],
    ['that is bound to a key', { cnf: { jkt: 'x' } }, {}],
    ['whose address is not verified', { email_verified: false }, {}],
    ['whose address is verified in words', { email_verified: 'true' }, {}],
    ['without an address', { email: undefined }, {}],
    ['with something else for an address', { email: { toLowerCase: 'x' } }, {}],
    ['with a key that is not there', {}, { kid: 'two' }],
  ])('%s', async (_what, claims, header) => {
    const { organization } = await trustingKeys();
    await expectRefused(await signed(claims, header), organization);
  });

  it('with a secret, be it the public key itself', async () => {
    const { organization } = await trustingKeys();
    const pem = await exportSPKI(keys.publicKey);
    const claims = decodeJwt(await signed());
    for (const secret of [pem, pem.trim(), JSON.stringify(await exportJWK(keys.publicKey))]) {
      const forged = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', kid: 'one', typ: 'at+jwt' })
        .sign(new TextEncoder().encode(secret));
      await expectRefused(forged, organization);
    }
  });

  it('for the time being when its keys have 10 MB', async () => {
    const { organization } = await trustingKeys();
    const token = await signed();
    keys.pad(10_000_000);
    try {
      const { errors } = await sendAs(token, organization);
      expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE', retryable: true } }]);
    } finally {
      keys.pad(0);
    }
    await expectTaken(token, organization);
  });

  it('after its audience was changed', async () => {
    const { organization, provider } = await trustingKeys();
    const token = await signed();
    await expectTaken(token, organization);
    const { id, version } = provider;
    await organization.owner.ask(UPDATE, { input: { id, version, audience: 'https://other' } });
    await expectRefused(token, organization);
  });
});

describe('the keys of an issuer', () => {
  it('are fetched once for many tokens, and anew for a key that is not known', async () => {
    const own = await startOidcIssuer();
    try {
      const { organization } = await trusting({ issuer: own.url });
      const tokens = [];
      for (let index = 0; index < 3; index++) {
        const person = newcomer();
        tokens.push((await own.signIn(person.subject, person)).accessToken);
      }
      await Promise.all(tokens.map((token) => expectTaken(token, organization)));
      expect(own.keyRequests()).toBe(1);
      await own.rotateKeys();
      const person = newcomer();
      const { accessToken } = await own.signIn(person.subject, person);
      await expectTaken(accessToken, organization);
      expect(own.keyRequests()).toBe(2);
    } finally {
      await own.close();
    }
  });

  const misbehaving: [string, Parameters<OidcIssuer['answerWith']>[0]][] = [
    ['is not there', (request) => request.socket.destroy()],
    ['fails', (_request, response) => response.writeHead(500).end('broken')],
    ['says something else', (_request, response) => response.end('<html>')],
    ['never answers', () => undefined],
    [
      'answers byte by byte',
      (_request, response) => {
        const drip = setInterval(() => response.write(' '), 50);
        response.on('close', () => clearInterval(drip));
      },
    ],
    [
      'sends elsewhere',
      (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1/' }).end(),
    ],
    ['is another issuer', (_request, response) => response.end('{"issuer":"https://other"}')],
  ];

  it.each(misbehaving)('that %s can be asked for later', async (_what, handler) => {
    const { organization } = await trusting();
    const { accessToken } = await issued();
    issuer.answerWith(handler);
    const startedAt = performance.now();
    const [direct, exchanged] = await Promise.all([
      sendAs(accessToken, organization),
      exchange(accessToken, organization),
    ]);
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    for (const { errors, status } of [direct, exchanged]) {
      expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE', retryable: true } }]);
      expect(status).toBe(503);
    }
    issuer.answerWith(null);
    await expectTaken(accessToken, organization);
  });

  it('hold no connection to the database while they are awaited', async () => {
    const { organization } = await trusting();
    const { accessToken } = await issued();
    issuer.answerWith(() => undefined);
    // More of them than there are connections.
    const waiting = Array.from({ length: 12 }, () => sendAs(accessToken, organization));
    const startedAt = performance.now();
    await organization.owner.ask(VIEWER);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await Promise.all(waiting);
  });

  it('that are known still serve while the issuer is away', async () => {
    const { organization } = await trusting();
    const [first, second] = [await issued(), await issued()];
    await expectTaken(first.accessToken, organization);
    issuer.answerWith((request) => request.socket.destroy());
    await expectTaken(second.accessToken, organization);
  });
});

describe('an account that came from an issuer', () => {
  it('is kept out at once when it is disabled, also with a token that was just taken', async () => {
    const { organization } = await trusting();
    const { accessToken } = await issued();
    const { id } = await expectTaken(accessToken, organization);
    await organization.owner.ask(`mutation { disableUser(input: { userId: "${id}" }) { id } }`);
    await expectRefused(accessToken, organization);
    const [refusal] = await eventsOf(organization, 'SESSION_REFUSED');
    expect(refusal).toMatchObject({ actorId: null, subjectId: id });
    await organization.owner.ask(`mutation { enableUser(input: { userId: "${id}" }) { id } }`);
    await expectTaken(accessToken, organization);
  });

  it('is made anew for who was removed, as the provider says, or not at all', async () => {
    const { organization, provider } = await trusting();
    const { accessToken } = await issued();
    const { id } = await expectTaken(accessToken, organization);
    const remove = (userId: string) =>
      organization.owner.ask(`mutation { removeUser(input: { userId: "${userId}" }) { id } }`);
    await remove(id);
    const anew = await expectTaken(accessToken, organization);
    expect(anew.id).not.toBe(id);
    const { id: idp, version } = provider;
    await organization.owner.ask(UPDATE, { input: { id: idp, version, defaultRole: null } });
    await remove(anew.id);
    await expectRefused(accessToken, organization);
  });

  it('is out at once when its provider is removed or disabled', async () => {
    const removed = await trusting();
    const disabled = await trusting();
    const { accessToken } = await issued();
    await expectTaken(accessToken, removed.organization);
    await expectTaken(accessToken, disabled.organization);
    const sessions = [
      await exchange(accessToken, removed.organization),
      await exchange(accessToken, disabled.organization),
    ];
    for (const session of sessions) expect((await withSession(session)).status).toBe(200);
    await removed.organization.owner.ask(REMOVE, { id: removed.provider.id });
    const { id, version } = disabled.provider;
    await disabled.organization.owner.ask(UPDATE, { input: { id, version, enabled: false } });
    await expectRefused(accessToken, removed.organization);
    await expectRefused(accessToken, disabled.organization);
    for (const session of sessions) expect((await withSession(session)).status).toBe(401);
    // Nobody else's.
    for (const { organization } of [removed, disabled]) await organization.owner.ask(VIEWER);
  });

  it('gets no session when its provider is disabled while the keys are awaited', async () => {
    const keys = await startKeyServer();
    try {
      const known = { issuer: 'https://issuer.example.com/', jwksUrl: keys.url };
      const { organization, provider } = await trusting(known);
      const { subject: sub, ...person } = newcomer();
      const token = await keys.sign({ iss: known.issuer, aud: AUDIENCE, sub, ...person });
      await expectTaken(token, organization);
      // Of another version, the keys are asked for anew.
      const change = (version: number, input: Json) =>
        organization.owner.ask(UPDATE, { input: { id: provider.id, version, ...input } });
      await change(1, { name: 'Renamed' });
      const answer = keys.hold();
      const sent = exchange(token, organization);
      await eventually(() => keys.isAsked(), 'the keys are asked for');
      await change(2, { enabled: false });
      answer();
      const { errors, data } = await sent;
      expect({ errors, data }).toMatchObject({ errors: REFUSED, data: null });
    } finally {
      keys.close();
    }
  });

  it('is not let in by a token of the issuer alone where a tenant secret is required', async () => {
    const { organization } = await trusting();
    const { accessToken } = await issued();
    await expectTaken(accessToken, organization);
    const require = (requireTenantSecret: boolean) =>
      api.app.tenancy.withTenant(organization.tenant, 'write', ({ prisma }) =>
        prisma.organization.updateMany({ data: { requireTenantSecret } }),
      );
    await require(true);
    for (const token of [accessToken, (await issued()).accessToken]) {
      const { status, errors } = await sendAs(token, organization);
      expect({ status, errors }).toMatchObject({
        status: 401,
        errors: [{ message: expect.stringMatching(/tenant secret/) }],
      });
    }
    await require(false);
    await expectTaken(accessToken, organization);
  });

  it('is not made in an organization that is due to be erased', async () => {
    const { organization } = await trusting();
    const { accessToken } = await issued();
    await api.app.tenancy.withTenant(organization.tenant, 'write', ({ prisma }) =>
      prisma.organization.updateMany({ data: { deletionDueAt: new Date(Date.now() - 1_000) } }),
    );
    await expectRefused(accessToken, organization);
    const users = await api.app.tenancy.withTenant(organization.tenant, 'read', ({ prisma }) =>
      prisma.user.count(),
    );
    expect(users).toBe(4);
  });

  it('is out at once when its organization is suspended', async () => {
    const { organization } = await trusting();
    const { accessToken } = await issued();
    await expectTaken(accessToken, organization);
    const suspend = (suspendedAt: Date | null) =>
      api.app.tenancy.withTenant(organization.tenant, 'write', ({ prisma }) =>
        prisma.organization.updateMany({ data: { suspendedAt } }),
      );
    await suspend(new Date());
    await expectRefused(accessToken, organization);
    await expectRefused((await issued()).accessToken, organization);
    await suspend(null);
    await expectTaken(accessToken, organization);
  });

  it('has the role that it was given since, from the next request on', async () => {
    const { organization } = await trusting();
    const { accessToken } = await issued();
    const { id } = await expectTaken(accessToken, organization);
    await organization.owner.ask(
      `mutation { changeUserRole(input: { userId: "${id}", role: VIEWER }) { id } }`,
    );
    expect((await expectTaken(accessToken, organization)).role).toBe('VIEWER');
    await organization.owner.ask(
      `mutation { changeUserRole(input: { userId: "${id}", role: ADMIN }) { id } }`,
    );
    const create = 'mutation { createProject(input: { name: "x" }) { id } }';
    expect(await sendAs(accessToken, organization, create)).toMatchObject({
      status: 200,
      errors: undefined,
    });
    const { projects } = await organization.owner.ask('{ projects { totalCount } }');
    expect(projects.totalCount).toBe(1);
  });

  it('is opened by no password', async () => {
    const { organization } = await trusting();
    const { accessToken } = await issued();
    const { email } = await expectTaken(accessToken, organization);
    for (const password of ['none', 'external', '', ' ']) {
      const { errors } = await api.send(
        'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }',
        { input: { organization: organization.slug, email, password } },
      );
      expect(errors).toHaveLength(1);
    }
  });

  it('gets the highest role that its groups come to, wherever the claim stands', async () => {
    const { organization } = await trusting({
      defaultRole: null,
      roleClaim: 'realm_access.roles',
      roleMapping: [
        { value: 'staff', role: 'MEMBER' },
        { value: 'chiefs', role: 'ADMIN' },
      ],
    });
    const withRoles = (roles: unknown) => issued(newcomer({ realm_access: { roles } }));
    const roleOf = async (roles: unknown) =>
      (await expectTaken((await withRoles(roles)).accessToken, organization)).role;
    expect(await roleOf(['staff', 'chiefs', 'others'])).toBe('ADMIN');
    expect(await roleOf('staff')).toBe('MEMBER');
    for (const roles of [['others'], [], undefined, ['constructor'], [{ staff: true }], 'STAFF']) {
      await expectRefused((await withRoles(roles)).accessToken, organization);
    }
  });

  it('is told of in the audit trail, with where it came from', async () => {
    const { organization, provider } = await trusting();
    const person = newcomer();
    const { id } = await expectTaken((await issued(person)).accessToken, organization);
    expect(await eventsOf(organization, 'USER_CREATED')).toEqual([
      {
        kind: 'USER_CREATED',
        actorId: null,
        subjectId: id,
        details: { role: 'member', provider: provider.id, subject: person.subject },
      },
    ]);
  });
});

describe('an account that is there already', () => {
  const asMember = (organization: Organization, claims: Json = {}) =>
    newcomer({ email: organization.member.email.toUpperCase(), ...claims });

  it('is found by its verified e-mail address where the provider may', async () => {
    const { organization, provider } = await trusting({ linkByEmail: true });
    const person = asMember(organization);
    const { id } = await expectTaken((await issued(person)).accessToken, organization);
    expect(id).toBe(organization.member.id);
    expect(await eventsOf(organization, 'USER_LINKED')).toEqual([
      {
        kind: 'USER_LINKED',
        actorId: null,
        subjectId: id,
        details: { provider: provider.id, subject: person.subject },
      },
    ]);
    // From then on the subject is what counts, whatever the address.
    const renamed = await issued({ ...person, email: organization.owner.email });
    expect((await expectTaken(renamed.accessToken, organization)).id).toBe(id);
  });

  it('is not found by an address that is not verified', async () => {
    const { organization } = await trusting({ linkByEmail: true });
    for (const email_verified of [false, 'true', 1, undefined]) {
      const { accessToken } = await issued(asMember(organization, { email_verified }));
      await expectRefused(accessToken, organization);
    }
  });

  it('is not found where the provider may not, and no second one is made', async () => {
    const { organization } = await trusting();
    await expectRefused((await issued(asMember(organization))).accessToken, organization);
    const { users } = await organization.owner.ask('{ users { totalCount } }');
    expect(users.totalCount).toBe(4);
  });

  it('is not found by a name that its holder chooses, though their address is verified', async () => {
    const named = await trusting({ linkByEmail: true, emailClaim: 'groups.0' });
    const { email } = named.organization.owner;
    await expectRefused(
      (await issued(newcomer({ groups: [email] }))).accessToken,
      named.organization,
    );
    const nested = await trusting({ linkByEmail: true, emailClaim: 'realm_access.email' });
    const { member } = nested.organization;
    const verified = (realm_access: Json) => issued(newcomer({ realm_access }));
    const [no, yes] = [
      await verified({ email: member.email, email_verified: false }),
      await verified({ email: member.email, email_verified: true }),
    ];
    await expectRefused(no.accessToken, nested.organization);
    expect((await expectTaken(yes.accessToken, nested.organization)).id).toBe(member.id);
  });

  it('of another organization is not found', async () => {
    const ours = await trusting({ linkByEmail: true });
    const theirs = await trusting({ linkByEmail: true, defaultRole: null });
    const { accessToken } = await issued(asMember(ours.organization));
    await expectRefused(accessToken, theirs.organization);
    await expectTaken(accessToken, ours.organization);
  });

  it('lets nobody in who is disabled', async () => {
    const { organization } = await trusting({ linkByEmail: true });
    await organization.owner.ask(
      `mutation { disableUser(input: { userId: "${organization.member.id}" }) { id } }`,
    );
    await expectRefused((await issued(asMember(organization))).accessToken, organization);
  });
});
