import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AdmissionFigures } from '../src/server/admission.js';
import type { Tenancy } from '../src/tenancy/index.js';
import { createDatabase, type TestDatabase } from './support/database.js';
import { eventually } from './support/eventually.js';
import {
  type Answer,
  makeSchema,
  startServer,
  type TestServer,
  tokenOf,
} from './support/graphql-server.js';
import {
  createOrganization,
  openTenancy,
  type SeededOrganization,
} from './support/organizations.js';
import { openSocket, postHead, sendRaw } from './support/raw-http.js';

/** Things that operations wait for until the test opens them. */
class Gates {
  readonly #gates = new Map<string, { opened: Promise<void>; open: () => void }>();
  /** Who came to a gate, in order. */
  readonly came: string[] = [];

  async pass(name: string, who: string): Promise<void> {
    this.came.push(who);
    await this.#gate(name).opened;
  }

  open(name: string): void {
    this.#gate(name).open();
  }

  openAll(): void {
    for (const { open } of this.#gates.values()) open();
  }

  #gate(name: string) {
    let gate = this.#gates.get(name);
    if (!gate) {
      let open = () => {};
      const opened = new Promise<void>((resolve) => {
        open = resolve;
      });
      gate = { opened, open };
      this.#gates.set(name, gate);
    }
    return gate;
  }
}

let gates: Gates;
let database: TestDatabase;
/** Of the tests themselves, to look at what is stored. */
let witness: Tenancy;
let acme: SeededOrganization;
let globex: SeededOrganization;
const started: { server: TestServer; tenancy: Tenancy }[] = [];

const schema = makeSchema(
  `type Query { hello: String wait(gate: String!, who: String!): String }
   type Mutation { write(name: String!, gate: String): String }`,
  {
    Query: {
      hello: () => 'hello',
      // Holds a slot, and no connection.
      wait: async (_root, { gate, who }) => {
        await gates.pass(gate, who);
        return who;
      },
    },
    Mutation: {
      write: async (_root, { name, gate }, { caller, tx }) => {
        await tx.prisma.project.create({ data: { name, ownerId: caller?.userId as string } });
        if (gate) await gates.pass(gate, name);
        return name;
      },
    },
  },
);

beforeAll(async () => {
  database = await createDatabase();
  witness = openTenancy(database);
  acme = await createOrganization(witness, 'acme');
  globex = await createOrganization(witness, 'globex');
});

afterAll(async () => {
  await witness?.close();
  await database?.drop();
});

beforeEach(() => {
  gates = new Gates();
});

afterEach(async () => {
  gates.openAll();
  for (const { server, tenancy } of started.splice(0)) {
    await server.close();
    await tenancy.close();
  }
});

/** A server with this many connections, and room for so many who wait. */
async function start({ size = 1, waiting = 100, waitLimitMs = 20_000 } = {}): Promise<TestServer> {
  const tenancy = openTenancy(database, { size });
  const admission = { waitingOperations: waiting, waitLimitMs };
  const server = await startServer({ schema, tenancy, settings: { admission } });
  started.push({ server, tenancy });
  return server;
}

const figures = async (server: TestServer): Promise<AdmissionFigures> =>
  JSON.parse((await server.fetch('/health/ready')).text).operations;

const until = (server: TestServer, wanted: Partial<AdmissionFigures>) =>
  eventually(
    async () => {
      const now = await figures(server);
      return Object.entries(wanted).every(([name, value]) => now[name as 'running'] === value);
    },
    `the figures are ${JSON.stringify(wanted)}`,
  );

/** Asks for something that takes until the gate is opened. */
const wait = (
  server: TestServer,
  gate: string,
  who: string,
  as?: SeededOrganization,
  signal?: AbortSignal,
) =>
  server.query('query ($gate: String!, $who: String!) { wait(gate: $gate, who: $who) }', {
    variables: { gate, who },
    ...(as && { as: as.tenant }),
    ...(signal && { signal }),
  });

/** The same for several, one after the other. Resolves when all have come, to what gives their answers. */
async function waitInOrder(server: TestServer, requests: [who: string, as?: SeededOrganization][]) {
  const answers: Promise<Answer>[] = [];
  for (const [who, as] of requests) {
    const { running, waiting } = await figures(server);
    answers.push(wait(server, who, who, as));
    await eventually(async () => {
      const now = await figures(server);
      return now.running + now.waiting > running + waiting;
    }, `${who} has come`);
  }
  return () => Promise.all(answers);
}

const write = (server: TestServer, name: string, as: SeededOrganization, gate?: string) =>
  server.query('mutation ($name: String!, $gate: String) { write(name: $name, gate: $gate) }', {
    variables: { name, gate },
    as: as.tenant,
  });

const stored = (names: string[]) =>
  witness.withTenant(acme.tenant, 'read', async ({ prisma }) => {
    const rows = await prisma.project.findMany({ where: { name: { in: names } } });
    return rows.map(({ name }) => name).sort();
  });

const BUSY = {
  errors: [
    {
      message: 'The server is busy at the moment. Try again shortly.',
      extensions: { code: 'UNAVAILABLE', retryable: true },
    },
  ],
};

function expectTurnedAway({ status, headers, text }: Answer): void {
  expect({ status, body: JSON.parse(text) }).toEqual({ status: 503, body: BUSY });
  expect(headers.get('retry-after')).toBe('1');
}

const expectAnswered = (answer: Answer, data: unknown) =>
  expect(answer).toMatchObject({ status: 200, data, errors: undefined });

describe('a request for which there is no room', () => {
  it('is answered like any other that may come again, in the media type that was asked for', async () => {
    const server = await start({ waiting: 1 });
    const admitted = [wait(server, 'gate', '1', acme), wait(server, 'gate', '2', acme)];
    await until(server, { running: 1, waiting: 1 });
    const plain = await server.query('{ hello }', { as: acme.tenant });
    expectTurnedAway(plain);
    expect(plain.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(plain.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
    expect(plain.headers.get('cache-control')).toBe('no-store');
    const type = 'application/graphql-response+json';
    const modern = await server.query('{ hello }', {
      as: acme.tenant,
      headers: { accept: `${type}, application/json;q=0.9`, origin: 'http://localhost:3000' },
    });
    expectTurnedAway(modern);
    expect(modern.headers.get('content-type')).toBe(`${type}; charset=utf-8`);
    // A page of another origin can read it too.
    expect(modern.headers.get('access-control-allow-origin')).toBe('http://localhost:3000');
    gates.open('gate');
    for (const answer of await Promise.all(admitted)) expect(answer.status).toBe(200);
  });

  it('is turned away before its body has come', async () => {
    const server = await start({ waiting: 1 });
    const admitted = [wait(server, 'gate', '1', acme), wait(server, 'gate', '2', acme)];
    await until(server, { running: 1, waiting: 1 });
    const head = postHead({ authorization: tokenOf(acme.tenant), 'content-length': 1_000 });
    expect(await sendRaw(server.url, head)).toMatchObject({ status: 503, body: BUSY });
    gates.open('gate');
    await Promise.all(admitted);
  });

  it('is still told that its token does not hold', async () => {
    const server = await start({ waiting: 1 });
    const admitted = [wait(server, 'gate', '1'), wait(server, 'gate', '2')];
    await until(server, { running: 1, waiting: 1 });
    const answer = await server.query('{ hello }', { headers: { authorization: 'Bearer old' } });
    expect(answer).toMatchObject({
      status: 401,
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    gates.open('gate');
    await Promise.all(admitted);
  });

  it('is not in the log by itself; that some were turned away is', async () => {
    const server = await start({ waiting: 1 });
    const admitted = [wait(server, 'gate', '1', acme), wait(server, 'gate', '2', acme)];
    await until(server, { running: 1, waiting: 1 });
    server.log.length = 0;
    for (let count = 0; count < 5; count++) {
      expectTurnedAway(await server.query('{ hello }', { as: acme.tenant }));
    }
    const lines = server.log.filter(({ level }) => Number(level) > 20);
    expect(lines).toMatchObject([{ msg: 'requests are turned away', running: 1, waiting: 1 }]);
    gates.open('gate');
    await Promise.all(admitted);
  });
});

describe('a request that waits', () => {
  it('takes neither slot nor place while its body has not come', async () => {
    const server = await start({ waiting: 1 });
    const head = postHead({ authorization: tokenOf(acme.tenant), 'content-length': 1_000 });
    const slow = [1, 2, 3].map(() => openSocket(server.url));
    for (const socket of slow) {
      socket.on('error', () => undefined);
      await new Promise((written) => socket.write(head, written));
    }
    expectAnswered(await server.query('{ hello }', { as: acme.tenant }), { hello: 'hello' });
    expect(await figures(server)).toEqual({ limit: 1, running: 0, waiting: 0, shed: 0 });
    for (const socket of slow) socket.destroy();
  });

  it('is turned away at the limit, and has changed nothing', async () => {
    const server = await start({ waitLimitMs: 300 });
    const running = wait(server, 'gate', '1', acme);
    await until(server, { running: 1 });
    const answers = await Promise.all([
      write(server, 'waited in vain', acme),
      server.query('{ hello }', { as: globex.tenant }),
      server.query('{ hello }'),
    ]);
    for (const answer of answers) expectTurnedAway(answer);
    gates.open('gate');
    expectAnswered(await running, { wait: '1' });
    expect(await stored(['waited in vain'])).toEqual([]);
    expect(await figures(server)).toEqual({ limit: 1, running: 0, waiting: 0, shed: 3 });
    expectAnswered(await write(server, 'came later', acme), { write: 'came later' });
  });

  it('leaves when its client hangs up, and never runs', async () => {
    const server = await start();
    const running = wait(server, 'gate', 'first', acme);
    await until(server, { running: 1 });
    const hangUp = new AbortController();
    const aborted = expect(wait(server, 'gate', 'gone', acme, hangUp.signal)).rejects.toThrow();
    await until(server, { waiting: 1 });
    hangUp.abort();
    await aborted;
    await until(server, { waiting: 0, running: 1 });
    gates.open('gate');
    await running;
    expectAnswered(await server.query('{ hello }', { as: acme.tenant }), { hello: 'hello' });
    expect(gates.came).toEqual(['first']);
    expect(await figures(server)).toMatchObject({ running: 0, shed: 0 });
  });
});

describe('organizations', () => {
  it('take turns, and so does who is not signed in', async () => {
    const server = await start();
    const answers = await waitInOrder(server, [
      ['a0', acme],
      ['a1', acme],
      ['a2', acme],
      ['a3', acme],
      ['g1', globex],
      ['n1'],
      ['g2', globex],
    ]);
    for (const who of ['a0', 'a1', 'g1', 'n1', 'a2', 'g2', 'a3']) gates.open(who);
    for (const answer of await answers()) expect(answer.status).toBe(200);
    expect(gates.came).toEqual(['a0', 'a1', 'g1', 'n1', 'a2', 'g2', 'a3']);
  });

  it('cannot take every slot, however much they ask for', async () => {
    const server = await start({ size: 5 });
    const held = Array.from({ length: 10 }, (_, index) => wait(server, 'gate', `a${index}`, acme));
    await until(server, { running: 4, waiting: 6 });
    const hello = { hello: 'hello' };
    expectAnswered(await server.query('{ hello }', { as: globex.tenant }), hello);
    expectAnswered(await server.query('{ hello }'), hello);
    gates.open('gate');
    for (const answer of await Promise.all(held)) expect(answer.status).toBe(200);
  });

  it('cannot take the room of others, and neither can who is not signed in', async () => {
    const server = await start({ waiting: 6 });
    const first = wait(server, 'gate', 'first', acme);
    await until(server, { running: 1 });
    const acmes = Array.from({ length: 20 }, (_, index) => wait(server, 'gate', `a${index}`, acme));
    await until(server, { waiting: 6, shed: 14 });
    const others = Array.from({ length: 2 }, (_, index) =>
      wait(server, 'gate', `g${index}`, globex),
    );
    const nobodies = Array.from({ length: 2 }, (_, index) => wait(server, 'gate', `n${index}`));
    await until(server, { waiting: 6, shed: 18 });
    gates.open('gate');
    expect((await first).status).toBe(200);
    for (const answer of await Promise.all([...others, ...nobodies]))
      expect(answer.status).toBe(200);
    const statuses = (await Promise.all(acmes)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(2);
    expect(statuses.filter((status) => status === 503)).toHaveLength(18);
  });
});

describe('four times as much as can be answered', () => {
  it('is answered or turned away; what is acknowledged is stored, the rest is not; then all is well', async () => {
    const ROOM = 20;
    // Nobody is turned away for the time that it will take: what is held takes long, and so all would seem to.
    const server = await start({ size: 2, waiting: ROOM, waitLimitMs: 60_000 });
    const names = Array.from({ length: 200 }, (_, index) => `storm ${index}`);
    let watching = true;
    let most = 0;
    const watch = (async () => {
      while (watching) most = Math.max(most, (await figures(server)).waiting);
    })();
    // Both connections are in use until all have come: however slow the machine is, there are too many.
    const [first, second, ...others] = names as [string, string, ...string[]];
    const holders = [write(server, first, acme, 'first'), write(server, second, acme, 'second')];
    await eventually(() => gates.came.length === 2, 'both connections are in use');
    let turnedAway = 0;
    const crowd = others.map(async (name) => {
      const answer = await write(server, name, acme);
      if (answer.status !== 200) turnedAway++;
      return answer;
    });
    await eventually(() => turnedAway >= others.length - ROOM, 'the rest was turned away');
    gates.open('first');
    gates.open('second');
    const answers = await Promise.all([...holders, ...crowd]);
    watching = false;
    await watch;
    const acknowledged = names.filter((_, index) => answers[index]?.status === 200);
    for (const answer of answers) if (answer.status !== 200) expectTurnedAway(answer);
    expect(acknowledged.length).toBeGreaterThanOrEqual(ROOM);
    expect(acknowledged.length).toBeLessThan(names.length);
    expect(await stored(names)).toEqual(acknowledged.sort());
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(ROOM);
    // From now on as if nothing had happened.
    expect(await figures(server)).toMatchObject({ running: 0, waiting: 0 });
    const after = await Promise.all(
      Array.from({ length: ROOM }, (_, index) => write(server, `after ${index}`, acme)),
    );
    for (const answer of after) expect(answer.status).toBe(200);
  });
});

describe('health', () => {
  it('is good while every connection is in use and many wait, as long as the database answers', async () => {
    const server = await start({ size: 1 });
    const held = [write(server, 'held 1', acme, '1'), write(server, 'held 2', acme, '2')];
    await eventually(() => gates.came.length === 1, 'the connection is in use');
    const ready = server.fetch('/health/ready');
    expect((await server.fetch('/health/live')).status).toBe(200);
    // What waits for its turn is not in front of the probe.
    gates.open('1');
    gates.open('2');
    const answer = await ready;
    expect(answer.status).toBe(200);
    for (const each of await Promise.all(held)) expect(each.status).toBe(200);
  });
});

describe('shutting down', () => {
  it('serves who waits already', async () => {
    const server = await start();
    const names = ['drained 1', 'drained 2', 'drained 3'];
    const answers = names.map((name) => write(server, name, acme, 'gate'));
    await eventually(() => gates.came.length === 1, 'one runs');
    await eventually(async () => (await figures(server)).waiting === 2, 'two wait');
    const closing = server.close();
    gates.open('gate');
    for (const answer of await Promise.all(answers)) expect(answer.status).toBe(200);
    await closing;
    expect(await stored(names)).toEqual(names);
  });
});
