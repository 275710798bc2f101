import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt, SignJWT } from 'jose';
import { signingKeyOf } from '../src/identity/session/signing-key.js';
import { newUuid } from '../src/shared/ids.js';
import { type Api, type Organization, startApi, TEST_KEY, unknownId } from './support/api.js';
import { openSocket, postHead, sendRaw } from './support/raw-http.js';
import { AnswerCheck } from './support/safe-answer.js';

let api: Api;
let acme: Organization;
let globex: Organization;
let project: { id: string };
let check: AnswerCheck;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization('acme');
  globex = await api.createOrganization('globex');
  project = await acme.createProject();
  check = await AnswerCheck.of(api.database);
});

afterAll(async () => {
  await api?.close();
});

const works = async () => {
  expect(await acme.viewer.ask('{ viewer { name } }')).toEqual({ viewer: { name: 'viewer' } });
};

describe('a body', () => {
  const VIEWER = '{ viewer { name } }';
  const authorization = () => `Bearer ${acme.owner.token}`;

  const post = (body: string | Uint8Array, headers: Record<string, string | number> = {}) =>
    sendRaw(
      api.url,
      postHead({
        authorization: authorization(),
        'content-length': Buffer.byteLength(body),
        ...headers,
      }),
      body,
    );

  const createTaskBody = (title: string) =>
    JSON.stringify({
      query: 'mutation ($in: CreateTaskInput!) { createTask(input: $in) { id } }',
      variables: { in: { projectId: project.id, title } },
    });

  const hasTask = async (title: string) => {
    const { tasks } = await acme.viewer.ask(
      'query ($text: String!) { tasks(filter: { text: $text }) { totalCount } }',
      { text: title },
    );
    return tasks.totalCount > 0;
  };

  it('of 10 MB is refused, and nothing of it is kept', async () => {
    const answer = await post(createTaskBody(`large ${'x'.repeat(10_000_000)}`));
    expect(answer).toMatchObject({
      status: 413,
      body: { errors: [{ extensions: { code: 'BAD_REQUEST' } }] },
    });
    expect(await hasTask('large')).toBe(false);
    await works();
  });

  it.each([
    ['nothing', ''],
    ['half of it', '{"query": "{ viewer'],
    ['words', 'query { viewer { name } }'],
    ['two documents', '{"query":"{ __typename }"} {"query":"{ __typename }"}'],
    ['a comma too many', '{"query":"{ __typename }",}'],
    ['a number that is none', '{"query":"{ __typename }","variables":{"a":NaN}}'],
    ['null', 'null'],
    ['a number', '5'],
    ['a string', '"{ __typename }"'],
    ['an empty object', '{}'],
    ['a batch', '[{"query":"{ __typename }"}]'],
    ['an empty batch', '[]'],
    ['a query that is no string', '{"query":["{ __typename }"]}'],
    ['an empty query', '{"query":""}'],
    ['no query', '{"variables":{}}'],
    ['variables that are no object', '{"query":"{ __typename }","variables":"x"}'],
    ['variables that are a list', '{"query":"{ __typename }","variables":[1]}'],
    ['an operation name that is no string', '{"query":"{ __typename }","operationName":{"a":1}}'],
    ['extensions that are no object', '{"query":"{ __typename }","extensions":5}'],
    ['brackets without end', '['.repeat(500_000)],
    ['a byte order mark in the wrong place', '{"query"\ufeff:"{ __typename }"}'],
  ])('that is %s is refused as the client’s fault', async (_what, body) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toHaveLength(1);
    expect(check.faults(answer.body)).toEqual([]);
    expect(answer.body.errors[0].extensions.code).not.toBe('INTERNAL');
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/json, text/plain',
    'application/jsonp',
    'json',
    '\u00ff',
    '',
  ])('of the content type %j is refused', async (contentType) => {
    const body = createTaskBody('wrongly declared');
    const answer = await post(body, { 'content-type': contentType });
    expect([400, 415]).toContain(answer.status);
    expect(check.faults(answer.body)).toEqual([]);
    expect(await hasTask('wrongly declared')).toBe(false);
  });

  it('is taken as UTF-8, and refused when it is not', async () => {
    const [before, after] = createTaskBody('mangled §').split('§') as [string, string];
    const broken = [
      [0xff],
      [0xc3],
      [0xc3, 0x28],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xc0, 0x80],
    ];
    for (const bytes of broken) {
      const body = Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
      expect((await post(body)).status).toBe(400);
      const chunked = postHead({ authorization: authorization(), 'transfer-encoding': 'chunked' });
      const answer = await sendRaw(
        api.url,
        chunked,
        `${body.length.toString(16)}\r\n`,
        body,
        '\r\n0\r\n\r\n',
      );
      expect(answer.status).toBe(400);
    }
    expect(await hasTask('mangled')).toBe(false);
  });

  it('that is shorter than it said and then ends does nothing', async () => {
    const body = createTaskBody('cut short');
    for (const said of [body.length + 1, body.length + 1_000]) {
      const socket = openSocket(api.url);
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.on('error', () => undefined);
      socket.write(postHead({ authorization: authorization(), 'content-length': said }) + body);
      socket.end();
      socket.resume();
      await closed;
    }
    expect(await hasTask('cut short')).toBe(false);
    await works();
  });

  it('that is longer than it said is cut off there, and what follows is no request', async () => {
    const body = createTaskBody('cut off');
    const answer = await post(body, { 'content-length': body.length - 1 });
    expect(answer.status).toBe(400);
    expect(await hasTask('cut off')).toBe(false);
    await works();
  });

  it.each([
    ['two lengths', 'content-length: 5\r\ncontent-length: 6'],
    ['a length and chunks', 'content-length: 5\r\ntransfer-encoding: chunked'],
    ['a negative length', 'content-length: -5'],
    ['a length in words', 'content-length: five'],
    ['a chunk of no size', 'transfer-encoding: chunked\r\n\r\nxyz\r\n{}\r\n0'],
    ['a header without a name', ': value'],
    ['a NUL in a header', 'x-test: a\0b'],
    ['a header that is folded', 'x-test: a\r\n folded'],
    ['a line feed alone', 'x-test: a\nx-other: b'],
  ])('whose head has %s is refused', async (_what, head) => {
    const answer = await sendRaw(
      api.url,
      `POST /graphql HTTP/1.1\r\nhost: localhost\r\nauthorization: ${authorization()}\r\n` +
        `content-type: application/json\r\n${head}\r\n\r\n${JSON.stringify({ query: VIEWER })}`,
    );
    expect(answer.status).toBe(400);
    expect(check.faults(answer.body)).toEqual([]);
    await works();
  });

  it('that is compressed is refused', async () => {
    const body = gzipSync(createTaskBody('compressed'));
    const answer = await post(body, { 'content-encoding': 'gzip' });
    expect(answer.status).toBe(400);
    expect(await hasTask('compressed')).toBe(false);
  });
});

describe('a token', () => {
  const VIEWER = '{ viewer { id } organization { id } }';
  const now = () => Math.floor(Date.now() / 1000);
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

  const CLAIMS = () => ({
    ...decodeJwt(acme.owner.token),
    iat: now(),
    exp: now() + 900,
  });

  const signed = (
    claims: Record<string, unknown> = {},
    header: Record<string, unknown> = {},
    { kid, privateKey } = TEST_KEY,
  ) =>
    new SignJWT({ ...CLAIMS(), ...claims })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid, ...header })
      .sign(privateKey);

  const send = (authorization: string) => api.send(VIEWER, undefined, { authorization });

  const expectRefused = async (token: string, message = 'not valid') => {
    const { status, data, errors } = await send(`Bearer ${token}`);
    expect({ status, data, codes: errors?.map(({ extensions }) => extensions) }).toEqual({
      status: 401,
      data: undefined,
      codes: [{ code: 'UNAUTHENTICATED' }],
    });
    expect(errors?.[0].message).toContain(message);
  };

  it('that is good is taken: the others are refused for what is wrong with them', async () => {
    const { data } = await send(`Bearer ${await signed()}`);
    expect(data).toEqual({ viewer: { id: acme.owner.id }, organization: { id: acme.id } });
  });

  it('that has expired is told so', async () => {
    await expectRefused(await signed({ exp: now() - 1 }), 'has expired');
    await expectRefused(await signed({ exp: 0 }), 'has expired');
  });

  it.each<[string, () => Promise<string>]>([
    [
      'signed with another secret',
      () => signed({}, {}, signingKeyOf('another secret of more than 32 bytes')),
    ],
    ['signed with another algorithm', () => signed({}, { alg: 'HS512' })],
    ['without the name of its key', () => signed({}, { kid: undefined })],
    ['of another type', () => signed({}, { typ: 'JWT' })],
    ['of another issuer', () => signed({ iss: 'somebody' })],
    ['for another audience', () => signed({ aud: 'somebody' })],
    ['not valid yet', () => signed({ nbf: now() + 600 })],
    ['without an end', () => signed({ exp: undefined })],
    ['without an organization', () => signed({ org: undefined })],
    ['without a user', () => signed({ sub: undefined })],
    ['without a role', () => signed({ role: undefined })],
    ['with an unknown role', () => signed({ role: 'superuser' })],
    ['without a session', () => signed({ sid: undefined })],
    ['with a user for the session', () => signed({ sid: acme.owner.id })],
    ['without a stamp', () => signed({ stamp: undefined })],
    ['with a stamp that no column holds', () => signed({ stamp: 2 ** 40 })],
    ['with a stamp that is no number', () => signed({ stamp: '1; --' })],
    ['with many roles', () => signed({ role: ['owner'] })],
    ['with a UUID for the organization', () => signed({ org: newUuid() })],
    ['with a user for the organization', () => signed({ org: acme.owner.id })],
    ['with SQL for the organization', () => signed({ org: "' OR true; --" })],
    ['with a list of organizations', () => signed({ org: [acme.id, globex.id] })],
    ['with an end that is no number', () => signed({ exp: 'never' as unknown as number })],
    ['with a critical extension', () => signed({}, { crit: ['x'], x: 1 })],
  ])('%s is refused', async (_what, make) => {
    // jose itself refuses to make some of them.
    const token = await make().catch(() => 'a.b.c');
    await expectRefused(token);
  });

  it('without a signature, or with claims that were changed, is refused', async () => {
    const [header = '', claims = '', signature = ''] = (await signed()).split('.');
    const none = encoded({ alg: 'none', typ: 'at+jwt' });
    const theirs = encoded({ ...CLAIMS(), org: globex.id, sub: globex.owner.id });
    await expectRefused(`${header}.${theirs}.${signature}`);
    await expectRefused(`${none}.${theirs}.${signature}`);
    await expectRefused(`${header}.${claims}.${signature.slice(0, -4)}`);
    await expectRefused(`${header}.${claims}.${'A'.repeat(43)}`);
    await expectRefused(`${encoded({})}.${claims}.${signature}`);
    await expectRefused(`${Buffer.from('\0').toString('base64url')}.${claims}.${signature}`);
    await expectRefused(`${none}.${theirs}.`, 'Bearer <access token');
  });

  it.each<[string, () => Record<string, unknown>]>([
    ['a session that is gone', () => ({ sid: unknownId('sess') })],
    ['another organization', () => ({ org: globex.id })],
    ['a stamp that was once', () => ({ stamp: 0 })],
    ['a stamp that will be', () => ({ stamp: 2 })],
  ])('of %s is refused by the database, and writes nothing', async (_what, claims) => {
    const token = await signed(claims());
    const { status, errors } = await send(`Bearer ${token}`);
    expect(status).toBe(401);
    expect(errors?.[0].message).toContain('not good any more');
    const answer = await api.send(
      'mutation { createProject(input: { name: "nobody’s" }) { id } }',
      undefined,
      { authorization: `Bearer ${token}` },
    );
    expect(answer.status).toBe(401);
    expect(answer.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    const { projects } = await acme.owner.ask('{ projects { nodes { name } } }');
    expect(JSON.stringify(projects)).not.toContain('nobody');
  });

  it.each([
    'Basic YWRtaW46YWRtaW4=',
    'Bearer',
    'Bearer ',
    'Bearer a',
    'Bearer a.b',
    'Bearer a.b.c.d',
    'Bearer {}',
    'bearer',
    'Token a.b.c',
    'null',
    '"Bearer a.b.c"',
  ])('sent as %j is refused', async (header) => {
    const { status, errors } = await send(header);
    expect({ status, code: errors?.[0].extensions.code }).toEqual({
      status: 401,
      code: 'UNAUTHENTICATED',
    });
  });

  it('is one: two in a header, or in two headers, never mix', async () => {
    const [ours, theirs] = [acme.owner.token, globex.owner.token];
    expect((await send(`Bearer ${ours}, Bearer ${theirs}`)).status).toBe(401);
    expect((await send(`Bearer ${ours} ${theirs}`)).status).toBe(401);
    const body = JSON.stringify({ query: VIEWER });
    const head = postHead({ 'content-length': body.length, authorization: `Bearer ${ours}` });
    const second = head.replace('\r\n\r\n', `\r\nauthorization: Bearer ${theirs}\r\n\r\n`);
    const answer = await sendRaw(api.url, second, body);
    if (answer.status === 200) {
      expect(answer.body.data).toEqual({
        viewer: { id: acme.owner.id },
        organization: { id: acme.id },
      });
    } else {
      expect([400, 401]).toContain(answer.status);
    }
  });

  it('of 1 MB is refused before anybody looks at it', async () => {
    const body = JSON.stringify({ query: VIEWER });
    const answer = await sendRaw(
      api.url,
      postHead({ 'content-length': body.length, authorization: `Bearer ${'x'.repeat(1_048_576)}` }),
      body,
    );
    expect(answer.status).toBe(431);
    await works();
  });
});

describe('a header', () => {
  it('other than Authorization says nothing about who is asking', async () => {
    const claims = {
      'x-org-id': globex.id,
      'x-organization-id': globex.id,
      'x-organization': globex.id,
      'x-user-id': globex.owner.id,
      'x-role': 'owner',
      'x-forwarded-user': globex.owner.id,
      'x-hasura-org-id': globex.tenant.orgId,
      cookie: `token=${globex.owner.token}; session=${globex.owner.token}`,
    };
    const query = '{ viewer { id role } organization { id } }';
    const authorization = `Bearer ${acme.viewer.token}`;
    const { data } = await api.send(query, undefined, { ...claims, authorization });
    expect(data).toEqual({
      viewer: { id: acme.viewer.id, role: 'VIEWER' },
      organization: { id: acme.id },
    });
    expect(await api.send(query, undefined, claims)).toMatchObject({ status: 401 });
  });

  it('of the request never becomes one of the answer', async () => {
    const injected = 'abc%0d%0aset-cookie: stolen=1';
    const body = JSON.stringify({ query: '{ __typename }' });
    for (const id of [injected, 'a\tset-cookie: b', '<script>', 'x'.repeat(1_000)]) {
      const head = postHead({ 'content-length': body.length, 'x-request-id': id, origin: id });
      const answer = await sendRaw(api.url, head, body);
      expect(answer.text.split('\r\n\r\n')[0]).not.toContain(id);
      expect(answer.text).not.toMatch(/^set-cookie/im);
    }
  });
});
