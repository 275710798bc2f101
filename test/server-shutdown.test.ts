import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { query, type Tenancy } from '../src/tenancy/index.js';
import { createDatabase, type TestDatabase } from './support/database.js';
import { makeSchema, startServer, type TestServer, tokenOf } from './support/graphql-server.js';
import {
  createOrganization,
  openTenancy,
  type SeededOrganization,
} from './support/organizations.js';

let database: TestDatabase;
let tenancy: Tenancy;
let acme: SeededOrganization;

const schema = makeSchema(
  `type Query { hello: String forever: String }
   type Mutation { write(name: String!, seconds: Float!): String }`,
  {
    Query: {
      hello: () => 'hello',
      forever: () => new Promise(() => undefined),
    },
    Mutation: {
      write: async (_root, { name, seconds }, { tx }) => {
        await tx.prisma.project.create({ data: { name, ownerId: acme.userId } });
        await tx.execute(sql`SELECT pg_sleep(${seconds})`.compile(query));
        return name;
      },
    },
  },
);

beforeAll(async () => {
  database = await createDatabase();
  tenancy = openTenancy(database);
  acme = await createOrganization(tenancy);
});

afterAll(async () => {
  await tenancy?.close();
  await database?.drop();
});

const start = (shutdownDeadlineMs = 5_000) =>
  startServer({ schema, tenancy, settings: { shutdownDeadlineMs } });

const write = (server: TestServer, name: string, seconds: number, signal?: AbortSignal) =>
  server.query(`mutation { write(name: "${name}", seconds: ${seconds}) }`, {
    as: acme.tenant,
    ...(signal && { signal }),
  });

const isKept = (name: string) =>
  tenancy.withTenant(
    acme.tenant,
    'read',
    async ({ prisma }) => (await prisma.project.count({ where: { name } })) === 1,
  );

describe('shutting down', () => {
  it('finishes and acknowledges what is under way, and takes nothing new', async () => {
    const server = await start();
    const writing = write(server, 'under way', 0.3);
    await sleep(100);
    const closing = server.close();
    await sleep(50);
    await expect(fetch(`${server.url}/health/live`)).rejects.toThrow();
    const answer = await writing;
    expect(answer).toMatchObject({ status: 200, data: { write: 'under way' } });
    expect(answer.headers.get('connection')).toBe('close');
    await closing;
    expect(await isKept('under way')).toBe(true);
  });

  it('loses no write that was acknowledged, under load', async () => {
    const server = await start();
    const acknowledged: string[] = [];
    let refused = 0;
    const load = Array.from({ length: 8 }, async (_, client) => {
      for (let turn = 0; ; turn++) {
        const name = `load ${client} ${turn}`;
        try {
          if ((await write(server, name, 0.005)).status === 200) acknowledged.push(name);
        } catch {
          refused++;
          return;
        }
      }
    });
    while (acknowledged.length < 40) await sleep(10);
    await server.close();
    await Promise.all(load);
    expect(refused).toBe(8);
    for (const name of acknowledged) expect(await isKept(name)).toBe(true);
  });

  it('waits for a write whose client has hung up', async () => {
    const server = await start();
    const hangUp = new AbortController();
    const writing = write(server, 'abandoned', 0.3, hangUp.signal);
    await sleep(100);
    hangUp.abort();
    await expect(writing).rejects.toThrow();
    await server.close();
    expect(tenancy.poolFigures.idle).toBe(tenancy.poolFigures.size);
    expect(await isKept('abandoned')).toBe(true);
  });

  it('does not wait for connections that are only kept alive', async () => {
    const server = await start();
    const agent = new Agent({ keepAlive: true });
    await new Promise<void>((resolve, reject) => {
      request(`${server.url}/health/live`, { agent }, (response) => {
        response.resume().on('end', resolve);
      })
        .on('error', reject)
        .end();
    });
    const startedAt = Date.now();
    await server.close();
    expect(Date.now() - startedAt).toBeLessThan(2_000);
    agent.destroy();
  });

  it('does not wait for connections that were opened ahead and never used', async () => {
    const server = await start();
    const port = Number(new URL(server.url).port);
    const sockets = await Promise.all(
      [1, 2, 3].map(
        () =>
          new Promise<Socket>((resolve) => {
            const socket = connect(port, '127.0.0.1', () => resolve(socket));
            socket.on('error', () => undefined);
          }),
      ),
    );
    const startedAt = Date.now();
    await server.close();
    expect(Date.now() - startedAt).toBeLessThan(2_000);
    for (const socket of sockets) socket.destroy();
  });

  it('cuts off what is not done by the deadline', async () => {
    const server = await start(200);
    const asking = expect(server.query('{ forever }')).rejects.toThrow();
    await sleep(50);
    const startedAt = Date.now();
    await server.close();
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(190);
    expect(Date.now() - startedAt).toBeLessThan(3_000);
    await asking;
  });

  it('tells a load balancer that asks once more', async () => {
    const server = await start();
    const writing = write(server, 'meanwhile', 0.3);
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    let received = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      received += chunk;
    });
    const ended = new Promise((resolve) => socket.on('close', resolve));
    // Half of a request makes the connection one that is not idle.
    socket.write('GET /health/ready HTTP/1.1\r\nHost: x\r\n');
    await sleep(100);
    const closing = server.close();
    socket.write('\r\n');
    await ended;
    expect(received).toMatch(/^HTTP\/1\.1 503 /);
    expect(received).toContain('{"status":"draining","database":"up"');
    expect((await writing).status).toBe(200);
    await closing;
  });

  it('does not wait for requests that were sent ahead on a connection that has been closed', async () => {
    const server = await start(10_000);
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    const body = '{"query":"mutation { write(name: \\"first\\", seconds: 0.2) }"}';
    const post =
      `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n` +
      `Authorization: ${tokenOf(acme.tenant)}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    socket.on('error', () => undefined).write(post.repeat(3));
    await sleep(100);
    const startedAt = Date.now();
    await server.close();
    expect(Date.now() - startedAt).toBeLessThan(5_000);
    socket.destroy();
  });

  it('can be asked for twice', async () => {
    const server = await start();
    await Promise.all([server.close(), server.close()]);
    await server.close();
  });
});

describe('a port that is taken', () => {
  it('is named, with what to do', async () => {
    const first = await start();
    const { port } = new URL(first.url);
    const second = startServer({ schema, tenancy, settings: { port: Number(port) } });
    await expect(second).rejects.toThrow(
      `Cannot listen on 127.0.0.1, port ${port}: something else does already. Stop it, or set PORT to another one.`,
    );
    await first.close();
  });
});
