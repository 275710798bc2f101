import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Api, type Person, startApi } from './support/api.js';
import { AUDIENCE } from './support/oidc-issuer.js';

// biome-ignore lint/suspicious/noExplicitAny: inputs and answers are looked at field by field.
type Json = any;

const PROVIDER =
  'id name issuer audience jwksUrl requiredClaims { claim value } emailClaim nameClaim roleClaim roleMapping { value role } defaultRole linkByEmail enabled version';
const CREATE = `mutation ($input: CreateIdentityProviderInput!) { createIdentityProvider(input: $input) { ${PROVIDER} } }`;
const UPDATE = `mutation ($input: UpdateIdentityProviderInput!) { updateIdentityProvider(input: $input) { ${PROVIDER} } }`;
const REMOVE =
  'mutation ($id: ID!) { removeIdentityProvider(input: { id: $id }) { id name enabled } }';

let api: Api;

beforeAll(async () => {
  api = await startApi();
});

afterAll(() => api?.close());

const createProvider = async (owner: Person, input: Json): Promise<Json> => {
  const { createIdentityProvider } = await owner.ask(CREATE, {
    input: { defaultRole: 'MEMBER', ...input },
  });
  return createIdentityProvider;
};

describe('identity providers', () => {
  const plain = { name: 'Theirs', issuer: 'https://issuer.example.com/', audience: 'x' };

  it('are made, listed, found, changed and removed by owners, and told of', async () => {
    const { owner } = await api.createOrganization();
    const created = await createProvider(owner, {
      ...plain,
      requiredClaims: [{ claim: 'org_id', value: 'org_1' }],
      roleClaim: 'groups',
      roleMapping: [{ value: 'admins', role: 'OWNER' }],
    });
    expect(created).toMatchObject({
      id: expect.stringMatching(/^idp_/),
      ...plain,
      jwksUrl: null,
      requiredClaims: [{ claim: 'org_id', value: 'org_1' }],
      emailClaim: 'email',
      nameClaim: 'name',
      roleClaim: 'groups',
      roleMapping: [{ value: 'admins', role: 'OWNER' }],
      defaultRole: 'MEMBER',
      linkByEmail: false,
      enabled: true,
      version: 1,
    });
    const { id } = created;
    const { identityProviders, node } = await owner.ask(
      `{ identityProviders { totalCount nodes { ${PROVIDER} } } node(id: "${id}") { ... on IdentityProvider { ${PROVIDER} } } }`,
    );
    expect(identityProviders).toEqual({ totalCount: 1, nodes: [created] });
    expect(node).toEqual(created);
    const { updateIdentityProvider } = await owner.ask(UPDATE, {
      input: { id, version: 1, name: 'Ours', requiredClaims: [], defaultRole: null },
    });
    expect(updateIdentityProvider).toEqual({
      ...created,
      name: 'Ours',
      requiredClaims: [],
      defaultRole: null,
      version: 2,
    });
    const stale = await owner.fail(UPDATE, { input: { id, version: 1, name: 'Nobody’s' } });
    expect(stale.extensions).toMatchObject({ code: 'VERSION_CONFLICT', currentVersion: 2 });
    await owner.ask(REMOVE, { id });
    expect((await owner.fail(REMOVE, { id })).extensions.code).toBe('NOT_FOUND');
    const { auditEvents } = await owner.ask(
      '{ auditEvents(orderBy: { field: OCCURRED_AT, direction: ASC }) { nodes { kind actorId details } } }',
    );
    const told = { provider: id, issuer: plain.issuer, audience: 'x' };
    expect(auditEvents.nodes).toEqual([
      {
        kind: 'IDENTITY_PROVIDER_CREATED',
        actorId: owner.id,
        details: { ...told, name: 'Theirs' },
      },
      {
        kind: 'IDENTITY_PROVIDER_UPDATED',
        actorId: owner.id,
        details: {
          ...told,
          name: 'Ours',
          fields: expect.arrayContaining(['name', 'requiredClaims', 'defaultRole']),
        },
      },
      { kind: 'IDENTITY_PROVIDER_REMOVED', actorId: owner.id, details: { ...told, name: 'Ours' } },
    ]);
  });

  it('are nobody else’s business', async () => {
    const theirs = await api.createOrganization();
    const provider = await createProvider(theirs.owner, plain);
    const { admin } = theirs;
    for (const [query, variables] of [
      ['{ identityProviders { totalCount } }', {}],
      [`{ node(id: "${provider.id}") { id } }`, {}],
      [CREATE, { input: plain }],
      [UPDATE, { input: { id: provider.id, version: 1 } }],
      [REMOVE, { id: provider.id }],
    ] as const) {
      const { extensions } = await admin.fail(query, variables);
      expect(extensions).toEqual({ code: 'FORBIDDEN', permission: 'organization:write' });
    }
    const { owner } = await api.createOrganization();
    for (const [query, variables] of [
      [`{ node(id: "${provider.id}") { id } }`, {}],
      [UPDATE, { input: { id: provider.id, version: 1 } }],
      [REMOVE, { id: provider.id }],
    ] as const) {
      expect((await owner.fail(query, variables)).extensions.code).toBe('NOT_FOUND');
    }
  });

  it('are one for each issuer and audience', async () => {
    const { owner } = await api.createOrganization();
    await createProvider(owner, plain);
    const { extensions } = await owner.fail(CREATE, { input: plain });
    expect(extensions).toEqual({ code: 'ALREADY_EXISTS', field: 'input.audience' });
    await createProvider(owner, { ...plain, audience: 'y' });
    await createProvider(owner, { ...plain, issuer: 'https://issuer.example.com' });
  });

  it.each<[string, Json, string]>([
    ['no URL', { issuer: 'issuer.example.com' }, 'input.issuer'],
    ['no encryption', { issuer: 'http://issuer.example.com' }, 'input.issuer'],
    ['a password', { issuer: 'https://a:b@issuer.example.com' }, 'input.issuer'],
    ['a file', { jwksUrl: 'file:///etc/passwd' }, 'input.jwksUrl'],
    ['keys without encryption', { jwksUrl: 'http://issuer.example.com/keys' }, 'input.jwksUrl'],
    ['everybody at Google', { issuer: 'https://accounts.google.com' }, 'input.requiredClaims'],
    [
      'everybody at Microsoft',
      { issuer: 'https://login.microsoftonline.com/common/v2.0' },
      'input.requiredClaims',
    ],
    [
      'roles of no claim',
      { roleClaim: null, roleMapping: [{ value: 'x', role: 'VIEWER' }] },
      'input.roleClaim',
    ],
    [
      'a claim without a value',
      { requiredClaims: [{ claim: 'x', value: '' }] },
      'input.requiredClaims.0.value',
    ],
    [
      'a claim that would get lost',
      { requiredClaims: [{ claim: '__proto__', value: 'x' }] },
      'input.requiredClaims.0.claim',
    ],
    [
      'a claim with NUL',
      { requiredClaims: [{ claim: 'a\0', value: 'x' }] },
      'input.requiredClaims.0.claim',
    ],
  ])('have not %s', async (_what, input, path) => {
    const { owner } = await api.createOrganization();
    const { extensions } = await owner.fail(CREATE, { input: { ...plain, ...input } });
    expect(extensions.code).toBe('BAD_USER_INPUT');
    expect(extensions.fields[0].path).toBe(path);
  });

  it('may be everybody’s where a claim is required', async () => {
    const { owner } = await api.createOrganization();
    await createProvider(owner, {
      ...plain,
      issuer: 'https://accounts.google.com',
      requiredClaims: [{ claim: 'hd', value: 'example.com' }],
    });
  });
});

describe('in production', () => {
  it('an issuer in a private network is refused', async () => {
    const production = await startApi({
      identity: {
        externalIdentity: {
          allowPrivateAddresses: false,
          allowInsecureLoopback: false,
          retryAfterMs: 0,
        },
      },
    });
    try {
      const { owner } = await production.createOrganization();
      for (const host of [
        '127.0.0.1',
        'localhost',
        '10.0.0.1',
        '169.254.169.254',
        '192.168.1.1',
        '[::1]',
        '[fd00::1]',
        '[::ffff:169.254.169.254]',
        '0x7f.1',
        '2130706433',
      ]) {
        const { extensions } = await owner.fail(CREATE, {
          input: { name: 'x', issuer: `https://${host}/`, audience: AUDIENCE },
        });
        expect(extensions.fields?.[0].path).toBe('input.issuer');
      }
    } finally {
      await production.close();
    }
  });
});
