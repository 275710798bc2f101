import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ShopperWelcome } from '../src/identity/index.js';
import { RefreshTokens } from '../src/identity/session/refresh-token.js';
import { SessionStore } from '../src/identity/session/session.store.js';
import { SessionOpening } from '../src/identity/session/session-opening.js';
import { systemClock } from '../src/shared/clock.js';
import { newUuid } from '../src/shared/ids.js';
import { Tenancy, withAdminConnection } from '../src/tenancy/index.js';
import { type Answer, type Api, type Organization, type Person, startApi } from './support/api.js';

let api: Api;
let acme: Organization;
let globex: Organization;
let ann: Person;
let key: string;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization();
  globex = await api.createOrganization();
  ann = await acme.createPerson('customer', 'ann');
  for (const { owner } of [acme, globex]) {
    await owner.ask(PRODUCT, { input: product('chair') });
    await owner.ask(PRODUCT, { input: { ...product('secret'), active: false } });
  }
  await globex.owner.ask(PRODUCT, { input: product('table') });
  key = (await createKey(acme)).key;
});

afterAll(() => api?.close());

const PRODUCT = 'mutation ($input: CreateProductInput!) { createProduct(input: $input) { id } }';
const product = (name: string) => ({
  name,
  sku: name,
  price: { amount: 100, currency: 'EUR' },
  initialStock: 2,
});

async function createKey({ owner }: Organization): Promise<{ id: string; key: string }> {
  const { createPublishableKey } = await owner.ask(
    'mutation { createPublishableKey(input: { name: "shop" }) { key publishableKey { id } } }',
  );
  return { id: createPublishableKey.publishableKey.id, key: createPublishableKey.key };
}

const PRODUCTS = '{ products { totalCount nodes { name stock { onHand } } } }';
const CART_TOKEN = 'mutation { createCartToken }';

const asGuest = (query: string, publishableKey = key, headers = {}): Promise<Answer> =>
  api.send(query, {}, { 'x-publishable-key': publishableKey, ...headers });

const chairs = { totalCount: 1, nodes: [{ name: 'chair', stock: { onHand: 2 } }] };

describe('a customer', () => {
  it('sees what is for sale, and the own account', async () => {
    const { products, viewer } = await ann.ask(
      `{ viewer { name role } products { totalCount nodes { name stock { onHand } } } }`,
    );
    expect(products).toEqual(chairs);
    expect(viewer).toEqual({ name: 'ann', role: 'CUSTOMER' });
    const { sessions } = await ann.ask('{ sessions { nodes { isCurrent } } }');
    expect(sessions.nodes).toEqual([{ isCurrent: true }]);
  });

  it('is refused whatever is not for customers, before its input is looked at', async () => {
    for (const query of [
      '{ users { totalCount } }',
      '{ task(id: "x") { id } }',
      '{ organization { id } }',
    ]) {
      expect((await ann.fail(query)).extensions).toEqual({ code: 'FORBIDDEN', requires: 'staff' });
    }
    expect(
      (await ann.fail('mutation { createApiKey(input: { name: "" }) { secret } }')).extensions,
    ).toEqual({
      code: 'FORBIDDEN',
      requires: 'staff',
    });
  });

  it('is refused the routes beside GraphQL', async () => {
    const answer = await fetch(`${api.url}/catalog/products/export`, {
      headers: { authorization: `Bearer ${ann.token}` },
    });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    const staff = await fetch(`${api.url}/catalog/products/export`, {
      headers: { authorization: `Bearer ${acme.viewer.token}` },
    });
    expect(staff.status).toBe(200);
  });

  it('may nothing by `can`, to anything', async () => {
    const on = `"${acme.owner.id}"`;
    expect(await ann.ask(`{ can(permission: "users:write", on: ${on}) }`)).toEqual({ can: false });
    expect(await ann.ask('{ can(permission: "tasks:write") }')).toEqual({ can: false });
  });

  it('changes the own profile, and asks for mail', async () => {
    const person = await acme.createPerson('customer', 'bea');
    const { updateProfile } = await person
      .ask('mutation { updateProfile(input: { name: "Bea" }) { name hasSecondFactor } }')
      .catch(() => ({ updateProfile: null }));
    // Below what was changed the shopper reads again, and may not read everything.
    expect(updateProfile).toBeNull();
    expect(await person.ask('{ viewer { name } }')).toEqual({ viewer: { name: 'Bea' } });
    expect(await person.ask('mutation { requestEmailVerification }')).toEqual({
      requestEmailVerification: true,
    });
    const { kinds } = await trailOf(person);
    expect(kinds).toContain('USER_UPDATED');
  });

  it('ends sessions of their own, and no others', async () => {
    const person = await acme.createPerson('customer', 'cem');
    const others = await ann.ask('{ sessions { nodes { id } } }');
    const error = await person.fail(
      `mutation { revokeSession(input: { sessionId: "${others.sessions.nodes[0].id}" }) { id } }`,
    );
    expect(error.extensions.code).toBe('NOT_FOUND');
    expect(await person.ask('mutation { signOut }')).toEqual({ signOut: true });
    expect((await person.fail('{ viewer { id } }')).extensions.code).toBe('UNAUTHENTICATED');
    expect((await ann.ask('{ viewer { id } }')).viewer.id).toBe(ann.id);
  });

  it('is one as soon as an admin says so, and a viewer again likewise', async () => {
    const person = await acme.createPerson('viewer', 'dora');
    expect((await person.ask('{ users { totalCount } }')).users.totalCount).toBeGreaterThan(4);
    const change = (role: string) =>
      acme.admin.ask(
        `mutation { changeUserRole(input: { userId: "${person.id}", role: ${role} }) { role } }`,
      );
    await change('CUSTOMER');
    expect((await person.fail('{ users { totalCount } }')).extensions.code).toBe('UNAUTHENTICATED');
    const { refreshSession } = (
      await api.send(
        'mutation ($token: String!) { refreshSession(input: { refreshToken: $token }) { accessToken refreshToken } }',
        { token: person.refreshToken },
      )
    ).data;
    const authorization = `Bearer ${refreshSession.accessToken}`;
    const refused = await api.send('{ users { totalCount } }', {}, { authorization });
    expect(refused.errors?.[0].extensions).toEqual({ code: 'FORBIDDEN', requires: 'staff' });
    await change('VIEWER');
    const again = await api.send('{ products { totalCount } }', {}, { authorization });
    expect(again.errors?.[0].extensions.code).toBe('UNAUTHENTICATED');
  });

  it('can be invited, and administered by admins', async () => {
    const { inviteUser } = await acme.admin.ask(
      'mutation { inviteUser(input: { email: "hal@example.com", role: CUSTOMER }) { role } }',
    );
    expect(inviteUser).toEqual({ role: 'CUSTOMER' });
    const person = await acme.createPerson('customer', 'ina');
    const { disableUser } = await acme.admin.ask(
      `mutation { disableUser(input: { userId: "${person.id}" }) { role disabledAt } }`,
    );
    expect(disableUser).toEqual({ role: 'CUSTOMER', disabledAt: expect.any(String) });
    expect((await person.fail('{ viewer { id } }')).extensions.code).toBe('UNAUTHENTICATED');
  });

  it('acts by an API key from before as a customer as well', async () => {
    const person = await acme.createPerson('member', 'eve');
    const { createApiKey } = await person.ask(
      'mutation { createApiKey(input: { name: "k", permissions: ["tasks:write"] }) { secret } }',
    );
    const authorization = `Bearer ${createApiKey.secret}`;
    expect(
      (await api.send('{ users { totalCount } }', {}, { authorization })).errors,
    ).toBeUndefined();
    await acme.admin.ask(
      `mutation { changeUserRole(input: { userId: "${person.id}", role: CUSTOMER }) { role } }`,
    );
    const { errors } = await api.send('{ users { totalCount } }', {}, { authorization });
    expect(errors?.[0].extensions).toEqual({ code: 'FORBIDDEN', requires: 'staff' });
  });
});

async function trailOf({ id }: Person): Promise<{ kinds: string[] }> {
  const { auditEvents } = await acme.owner.ask(
    `{ auditEvents(filter: { actorId: "${id}" }) { nodes { kind } } }`,
  );
  return { kinds: auditEvents.nodes.map(({ kind }: { kind: string }) => kind) };
}

describe('a guest', () => {
  it('sees what is for sale in the organization of the key, and of no other', async () => {
    expect((await asGuest(PRODUCTS)).data.products).toEqual(chairs);
    const other = (await createKey(globex)).key;
    const { products } = (await asGuest('{ products { nodes { name } } }', other)).data;
    const names = products.nodes.map(({ name }: { name: string }) => name);
    expect(names.sort()).toEqual(['chair', 'table']);
  });

  it('is nobody: whatever takes a sign-in is refused', async () => {
    for (const query of ['{ viewer { id } }', '{ users { totalCount } }', 'mutation { signOut }']) {
      const { status, errors } = await asGuest(query);
      expect(status).toBe(401);
      expect(errors?.[0].extensions).toEqual({ code: 'UNAUTHENTICATED' });
    }
  });

  it('is not served by the routes beside GraphQL', async () => {
    const answer = await fetch(`${api.url}/catalog/products/export`, {
      headers: { 'x-publishable-key': key },
    });
    expect(answer.status).toBe(401);
  });

  it('is given a cart token, another one each time', async () => {
    const tokens = [await asGuest(CART_TOKEN), await asGuest(CART_TOKEN)].map(
      ({ data }) => data.createCartToken,
    );
    expect(tokens[0]).toMatch(/^rhc_[\w-]{43}$/);
    expect(tokens[1]).not.toBe(tokens[0]);
  });

  it('is somebody by the cart token: the same in one organization, another in the next', async () => {
    const { createCartToken: token } = (await asGuest(CART_TOKEN)).data;
    const ids = await ownersOf(async () => {
      await asGuest(PRODUCTS, key, { 'x-cart-token': token });
      await asGuest(PRODUCTS, key, { 'x-cart-token': token });
      await asGuest(PRODUCTS, (await createKey(globex)).key, { 'x-cart-token': token });
      await asGuest(PRODUCTS, key, { 'x-cart-token': `${token}x` });
      await asGuest(PRODUCTS);
    });
    const [first, second, elsewhere, ...nobody] = ids;
    expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(second).toBe(first);
    expect(elsewhere).toMatch(/-8[0-9a-f]{3}-/);
    expect(elsewhere).not.toBe(first);
    expect(nobody).toEqual([null, null]);
  });

  it('counts for nothing beside a sign-in', async () => {
    const other = (await createKey(globex)).key;
    const both = { authorization: `Bearer ${acme.viewer.token}`, 'x-publishable-key': other };
    const { data } = await api.send('{ viewer { id } products { totalCount } }', {}, both);
    expect(data).toEqual({ viewer: { id: acme.viewer.id }, products: { totalCount: 2 } });
    const bad = { ...both, 'x-publishable-key': 'nonsense' };
    expect((await api.send('{ viewer { id } }', {}, bad)).errors).toBeUndefined();
  });

  it('may ask from a page of another origin', async () => {
    const shop = await startApi({ server: { corsOrigins: ['https://shop.example.com'] } });
    try {
      const answer = await fetch(`${shop.url}/graphql`, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://shop.example.com',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type,x-cart-token,x-publishable-key',
        },
      });
      const allowed = answer.headers.get('access-control-allow-headers') ?? '';
      expect(allowed.split(/, */).sort()).toEqual([
        'content-type',
        'x-cart-token',
        'x-publishable-key',
      ]);
    } finally {
      await shop.close();
    }
  });
});

/** Whom each request is answered as: the users that its transactions name. */
async function ownersOf(work: () => Promise<unknown>): Promise<(string | null)[]> {
  const owners: (string | null)[] = [];
  const { withTenantAgain } = Tenancy.prototype;
  Tenancy.prototype.withTenantAgain = function record(this: Tenancy, ...args: unknown[]) {
    const [tenant] = args as [{ userId: string | null }];
    owners.push(tenant.userId);
    return Reflect.apply(withTenantAgain, this, args);
  } as typeof withTenantAgain;
  try {
    await work();
  } finally {
    Tenancy.prototype.withTenantAgain = withTenantAgain;
  }
  return owners;
}

describe('a publishable key', () => {
  it('is made and revoked by who administers credentials, and the trail tells', async () => {
    const made = await createKey(acme);
    expect(made.key).toMatch(/^rhpk_[\w-]{86}$/);
    const { publishableKeys } = await acme.owner.ask(
      '{ publishableKeys { totalCount nodes { id name prefix createdBy { id } } } }',
    );
    expect(publishableKeys.nodes[0]).toEqual({
      id: made.id,
      name: 'shop',
      prefix: made.key.slice(0, 11),
      createdBy: { id: acme.owner.id },
    });
    const REVOKE = 'mutation ($id: ID!) { revokePublishableKey(input: { id: $id }) { id } }';
    expect((await acme.admin.fail(REVOKE, { id: made.id })).extensions.code).toBe('FORBIDDEN');
    expect((await globex.owner.fail(REVOKE, { id: made.id })).extensions.code).toBe('NOT_FOUND');
    await acme.owner.ask(REVOKE, { id: made.id });
    const { auditEvents } = await acme.owner.ask(
      '{ auditEvents(filter: { kind: [PUBLISHABLE_KEY_CREATED, PUBLISHABLE_KEY_REVOKED] }) { nodes { kind details } } }',
    );
    const details = { publishableKeyId: made.id, name: 'shop', prefix: made.key.slice(0, 11) };
    expect(auditEvents.nodes.slice(0, 2)).toEqual([
      { kind: 'PUBLISHABLE_KEY_REVOKED', details },
      { kind: 'PUBLISHABLE_KEY_CREATED', details },
    ]);
  });

  it('that is malformed, unknown or revoked, or of a suspended organization, has one answer', async () => {
    const unknown = `rhpk_${key.slice(5, 20)}${'A'.repeat(10)}${key.slice(30)}`;
    const closed = await api.createOrganization();
    const [ofClosed, revoked, rememberedRevoked] = [
      await createKey(closed),
      await createKey(acme),
      await createKey(acme),
    ];
    expect((await asGuest(PRODUCTS, rememberedRevoked.key)).errors).toBeUndefined();
    for (const { id } of [revoked, rememberedRevoked]) {
      await acme.owner.ask(`mutation { revokePublishableKey(input: { id: "${id}" }) { id } }`);
    }
    await withAdminConnection(api.database.superuserUrl, (client) =>
      client.query('UPDATE organizations SET suspended_at = now() WHERE slug = $1', [closed.slug]),
    );
    const keys = ['', 'nonsense', 'rhpk_x', key.replace('rhpk', 'rhk'), unknown];
    const answers: string[] = [];
    for (const bad of [...keys, ofClosed.key, revoked.key, rememberedRevoked.key]) {
      for (const query of [PRODUCTS, CART_TOKEN]) {
        const { status, text } = await asGuest(query, bad);
        answers.push(`${status} ${text}`);
      }
    }
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^401 .*"UNAUTHENTICATED"/);
  });

  it('that is revoked while it is remembered shows nothing more', async () => {
    const { id, key: revoked } = await createKey(acme);
    expect((await asGuest(PRODUCTS, revoked)).data.products).toEqual(chairs);
    await acme.owner.ask(`mutation { revokePublishableKey(input: { id: "${id}" }) { id } }`);
    expect((await asGuest(PRODUCTS, revoked)).status).toBe(401);
  });
});

describe('signing in with a cart token', () => {
  const REFRESH_SECRET = ['a secret of the tests, of more than 32 bytes'];

  it('welcomes who was a guest until then, in the transaction that opens the session', async () => {
    const { createCartToken: cartToken } = (await asGuest(CART_TOKEN)).data;
    const [visitorId] = await ownersOf(() => asGuest(PRODUCTS, key, { 'x-cart-token': cartToken }));
    const welcomed: object[] = [];
    const welcome: ShopperWelcome = async (tx, visit) => {
      const open = await tx.prisma.session.count({ where: { userId: visit.userId } });
      welcomed.push({ ...visit, orgId: tx.tenant.orgId, isOpen: open > 0 });
    };
    const opening = new SessionOpening(
      new SessionStore(),
      new RefreshTokens(REFRESH_SECRET),
      systemClock,
      { lifetimeSeconds: 60 },
      welcome,
    );
    const person = await acme.createPerson('customer', 'fay');
    const { orgId } = acme.tenant;
    const open = (client: object, userId = person.uuid) =>
      api.app.tenancy.withTenant({ orgId, userId: null }, 'write', (tx) =>
        opening.open(tx, userId, { address: null, userAgent: null, ...client }),
      );
    expect(await open({})).not.toBeNull();
    expect(await open({ cartToken: 'rhc_nonsense' })).not.toBeNull();
    expect(await open({ cartToken }, newUuid())).toBeNull();
    expect(welcomed).toEqual([]);
    expect(await open({ cartToken })).not.toBeNull();
    expect(welcomed).toEqual([{ visitorId, userId: person.uuid, orgId, isOpen: true }]);
  });

  it('is told of the token in every way of signing in that answers with a session', async () => {
    const tokens: (string | undefined)[] = [];
    const { open } = SessionOpening.prototype;
    SessionOpening.prototype.open = function record(this: SessionOpening, ...args) {
      tokens.push(args[2].cartToken);
      return Reflect.apply(open, this, args);
    };
    try {
      const password = 'correct horse battery';
      const slug = `shop-${newUuid().slice(-12)}`;
      const headers = { 'x-cart-token': 'rhc_of-a-guest' };
      const account = { slug, name: 'Gil', email: 'gil@example.com', password };
      const signUp = await api.send(
        'mutation ($input: SignUpInput!) { signUp(input: $input) { expiresAt } }',
        { input: { ...account, organizationName: 'Shop' } },
        headers,
      );
      expect(signUp.errors).toBeUndefined();
      const signIn = await api.send(
        'mutation ($input: SignInInput!) { signIn(input: $input) { expiresAt } }',
        { input: { organization: slug, email: account.email, password } },
        { ...headers, 'x-publishable-key': key },
      );
      expect(signIn.errors).toBeUndefined();
    } finally {
      SessionOpening.prototype.open = open;
    }
    expect(tokens).toEqual(['rhc_of-a-guest', 'rhc_of-a-guest']);
  });
});
