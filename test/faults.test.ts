import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeId } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import { type Organization, type Person, unknownId } from './support/api.js';
import { blockedStatements } from './support/blocked-statements.js';
import { eventually } from './support/eventually.js';
import { type ProxiedApi, startProxiedApi, type TimedAnswer } from './support/proxied-api.js';
import { openSocket, postHead } from './support/raw-http.js';
import { AnswerCheck } from './support/safe-answer.js';

/** Short, so that what is to be waited for comes soon. */
const POOL = {
  size: 4,
  waitLimitMs: 500,
  statementTimeoutMs: 1_000,
  idleInTransactionTimeoutMs: 5_000,
};
/** What the client adds to the statement time-out before it gives a connection up. */
const GRACE_MS = 5_000;

let api: ProxiedApi;
let acme: Organization;
let globex: Organization;
let project: { id: string };
let check: AnswerCheck;

beforeAll(async () => {
  api = await startProxiedApi(POOL);
  acme = await api.witness.createOrganization('acme');
  globex = await api.witness.createOrganization('globex');
  project = await acme.createProject('acme', 3);
  check = await AnswerCheck.of(api.witness.database);
});

afterAll(async () => {
  await api?.close();
});

const VIEWER = '{ viewer { name } }';
const NESTED =
  '{ projects { nodes { name owner { name } tasks { nodes { title assignee { id } } } } } }';
const CREATE_TASK = 'mutation ($in: CreateTaskInput!) { createTask(input: $in) { id } }';
const CREATE_TWO =
  'mutation ($a: CreateTaskInput!, $b: CreateTaskInput!) { a: createTask(input: $a) { id } b: createTask(input: $b) { id } }';

const send = (query: string, variables?: object, person: Person = acme.owner) =>
  api.send(person, query, variables);

let titles = 0;
/** A title that no other task has. */
const newTitle = (what = 'fault') => `${what} ${++titles}`;

const createTask = (title: string, person?: Person) =>
  send(CREATE_TASK, { in: { projectId: project.id, title } }, person);

const completeTask = (id: string) =>
  send('mutation ($id: ID!) { completeTask(input: { id: $id }) { status } }', { id });

const createTwo = (a: string, b: string) =>
  send(CREATE_TWO, {
    a: { projectId: project.id, title: a },
    b: { projectId: project.id, title: b },
  });

/** A read is answered before the database has heard that it is over. */
async function noTransactionIsOpen(): Promise<boolean> {
  return withAdminConnection(api.witness.database.superuserUrl, async (client) => {
    const { rowCount } = await client.query(
      `SELECT FROM pg_stat_activity
       WHERE datname = current_database() AND usename = 'rowhouse_app' AND state <> 'idle'`,
    );
    return rowCount === 0;
  });
}

/** How often each title is stored, in truth. */
async function stored(...wanted: string[]): Promise<number[]> {
  return withAdminConnection(api.witness.database.superuserUrl, async (client) => {
    const { rows } = await client.query<{ count: number }>(
      `SELECT count(tasks.id)::int AS count
       FROM unnest($1::text[]) WITH ORDINALITY AS wanted (title, place)
       LEFT JOIN tasks USING (title) GROUP BY place ORDER BY place`,
      [wanted],
    );
    return rows.map(({ count }) => count);
  });
}

const health = async (path: 'live' | 'ready') => {
  const startedAt = performance.now();
  const response = await fetch(`${api.url}/health/${path}`);
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, body, ms: performance.now() - startedAt };
};

/** Added to each limit: this machine may be busy, whereas a request that hangs never answers. */
const SLACK_MS = 5_000;

/** What every answer is while the database is away. */
const expectUnavailable = (answer: TimedAnswer, withinMs: number, retryable = true) => {
  expect(answer).toMatchObject({
    status: 503,
    errors: expect.arrayContaining([
      expect.objectContaining({
        extensions: expect.objectContaining({ code: 'UNAVAILABLE', retryable }),
      }),
    ]),
  });
  expect(answer.headers.get('retry-after')).toBe(retryable ? '1' : null);
  expect(check.faults(answer)).toEqual([]);
  expect(answer.ms).toBeLessThan(withinMs + SLACK_MS);
};

const leavesItUnknown = ({ errors }: TimedAnswer): boolean =>
  errors?.[0]?.message.includes('may or may not have been kept');

const expectGood = (answer: TimedAnswer) => {
  expect(answer).toMatchObject({ status: 200, errors: undefined });
};

const idle = () => {
  const { size, idle: free, waiting } = api.app.tenancy.poolFigures;
  return free === size && waiting === 0;
};

/** Runs `work` while somebody else holds the rows of these tasks; they let go when it resolves. */
async function whileLocked<T>(taskIds: string[], work: () => Promise<T>): Promise<T> {
  return withAdminConnection(api.witness.database.superuserUrl, async (holder) => {
    await holder.query('BEGIN');
    await holder.query('SELECT FROM tasks WHERE id = ANY($1) FOR UPDATE', [taskIds.map(uuidOf)]);
    return work();
  });
}

const uuidOf = (id: string) => decodeId('task', id, 'id');

const owned: ProxiedApi[] = [];

/** An API of the test's own. */
async function startOwn(): Promise<ProxiedApi> {
  const own = await startProxiedApi(POOL);
  owned.push(own);
  return own;
}

/** Whatever a test has done: the API is well, and holds on to nothing. */
afterEach(async () => {
  await Promise.all(owned.splice(0).map((own) => own.close()));
  await api.proxy.comeBack();
  api.proxy.resume();
  await eventually(idle, 'every connection is back in the pool');
  expectGood(await send(VIEWER));
  expect((await health('ready')).status).toBe(200);
});

describe('while the database refuses connections', () => {
  it('every operation is UNAVAILABLE at once, and works again by itself', async () => {
    await api.proxy.goAway();
    const title = newTitle();
    const answers = await Promise.all([
      send(VIEWER),
      send(NESTED),
      createTask(title),
      createTwo(title, title),
      send(
        'mutation { signIn(input: { organization: "acme", email: "a@example.com", password: "x" }) { accessToken } }',
      ),
    ]);
    for (const answer of answers) expectUnavailable(answer, 1_500);
    expect(await health('ready')).toMatchObject({
      status: 503,
      body: { status: 'unavailable', database: 'down' },
    });
    expect(await health('live')).toMatchObject({ status: 200 });
    await api.proxy.comeBack();
    expectGood(await createTask(title));
    expect(await stored(title)).toEqual([1]);
  });

  it('what needs no row is answered as ever', async () => {
    await api.proxy.goAway();
    expectGood(await send('{ __typename __schema { queryType { name } } }'));
    const bad = await send('{ task(id: "nonsense") { id } }');
    expect(bad.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    await api.proxy.comeBack();
  });
});

describe('a connection that is lost', () => {
  it('while nobody uses it is replaced, and nobody notices', async () => {
    for (let round = 0; round < 5; round++) {
      await Promise.all(
        [send(NESTED), send(NESTED)].map(async (answer) => expectGood(await answer)),
      );
      api.proxy.cut();
      expectGood(await send(NESTED));
    }
  });

  it('under the first statement is replaced, and the change is made once', async () => {
    const title = newTitle();
    const cut = api.proxy.cutAt('BEGIN', 'before it arrives');
    const answer = createTask(title);
    await cut;
    expectGood(await answer);
    expect(await stored(title)).toEqual([1]);
  });

  it('in the middle of a mutation is UNAVAILABLE, and nothing of it is kept', async () => {
    for (const moment of ['before it arrives', 'after it was answered'] as const) {
      const [a, b] = [newTitle(), newTitle()];
      const cut = api.proxy.cutAt(b, moment);
      const answer = createTwo(a, b);
      await cut;
      expectUnavailable(await answer, 1_500);
      expect((await answer).data).toBeNull();
      expect(await stored(a, b)).toEqual([0, 0]);
    }
  });

  it('in the middle of a query is UNAVAILABLE', async () => {
    const cut = api.proxy.cutAt('LATERAL', 'after it was answered');
    const answer = send(NESTED);
    await cut;
    expectUnavailable(await answer, 1_500);
  });

  it('while a change is committed leaves it unknown whether it was, and the error says so', async () => {
    for (const [moment, truth] of [
      ['before it arrives', 0],
      ['after it was answered', 1],
    ] as const) {
      const [a, b] = [newTitle(), newTitle()];
      const cut = api.proxy.cutAt('COMMIT\0', moment);
      const answer = createTwo(a, b);
      await cut;
      expectUnavailable(await answer, 1_500, false);
      expect((await answer).data).toBeNull();
      expect(leavesItUnknown(await answer)).toBe(true);
      expect(await stored(a, b)).toEqual([truth, truth]);
    }
  });

  it('while a query ends costs nobody an answer', async () => {
    // One that came before sends COMMIT along with its last statements.
    const asked = NESTED.replace('{', 'query AskedForTheFirstTime {');
    const cut = api.proxy.cutAt('COMMIT\0', 'before it arrives');
    expectGood(await send(asked));
    await cut;
  });
});

describe('a database that says nothing any more', () => {
  it('is given up within the limits, whatever it was asked, and found again', async () => {
    await Promise.all([send(NESTED), send(NESTED), send(NESTED), send(NESTED)]);
    await eventually(noTransactionIsOpen, 'the reads have ended');
    const [a, b, c, d] = [newTitle(), newTitle(), newTitle(), newTitle()] as const;
    const stalled = api.proxy.stallAt('COMMIT\0');
    const committing = createTwo(a, b);
    await stalled;
    const limit = POOL.statementTimeoutMs + GRACE_MS + 500;
    const asked = [send(VIEWER), send(NESTED), createTask(c)];
    // These come when every connection is taken.
    await eventually(() => api.app.tenancy.poolFigures.idle === 0, 'every connection is taken');
    const waiting = await Promise.all([send(VIEWER), createTask(d)]);
    for (const answer of waiting) expectUnavailable(answer, POOL.waitLimitMs + 1_000);
    const ready = await health('ready');
    expect(ready).toMatchObject({ status: 503, body: { database: 'down' } });
    expect(ready.ms).toBeLessThan(2_000 + SLACK_MS);
    for (const answer of await Promise.all(asked)) expectUnavailable(answer, limit);
    const unsure = await committing;
    expectUnavailable(unsure, limit, false);
    expect(leavesItUnknown(unsure)).toBe(true);
    api.proxy.resume();
    await eventually(async () => (await health('ready')).status === 200, 'the database is found');
    expect(await stored(c, d)).toEqual([0, 0]);
    expect([
      [0, 0],
      [1, 1],
    ]).toContainEqual(await stored(a, b));
  });
});

describe('backends that are terminated', () => {
  it('all at once and again, under load: nothing is lost, mixed up or left behind', async () => {
    const theirs = await globex.createProject('globex', 3);
    const projects = { acme: project.id, globex: theirs.id };
    const outcomes = { acknowledged: [] as string[][], failed: [] as string[][], answers: 0 };
    /** Titles of fields that were null beside one that was acknowledged: they have not happened. */
    const leftOut: string[] = [];
    const mixedUp: string[] = [];
    let stop = false;
    const client = async (name: 'acme' | 'globex', person: Person) => {
      const other = name === 'acme' ? 'globex' : 'acme';
      for (let round = 0; !stop; round++) {
        const pair = [newTitle(`${name} `), newTitle(`${name} `)];
        const answer = await (round % 2 === 0
          ? send(NESTED, undefined, person)
          : send(
              CREATE_TWO,
              {
                a: { projectId: projects[name], title: pair[0] },
                b: { projectId: projects[name], title: pair[1] },
              },
              person,
            ));
        outcomes.answers++;
        if (answer.text.includes(other)) mixedUp.push(answer.text);
        const good = answer.status === 200 && !answer.errors;
        const kept = pair.filter((_title, index) => answer.data?.['ab'[index] as string]);
        if (!good && kept.length === 1) {
          outcomes.acknowledged.push(kept);
          leftOut.push(...pair.filter((title) => !kept.includes(title)));
          continue;
        }
        if (!good) expectUnavailable(answer, 3_000, !leavesItUnknown(answer));
        if (round % 2 === 1) (good ? outcomes.acknowledged : outcomes.failed).push(pair);
      }
    };
    const clients = Array.from({ length: 4 }, () => [
      client('acme', acme.owner),
      client('globex', globex.owner),
    ]).flat();
    const end = performance.now() + 2_000;
    let terminated = 0;
    await withAdminConnection(api.witness.database.superuserUrl, async (admin) => {
      while (performance.now() < end || terminated <= 20) {
        const before = outcomes.answers;
        await eventually(() => outcomes.answers > before + 3, 'answers come');
        const { rows } = await admin.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND usename = 'rowhouse_app'`,
        );
        terminated += rows.length;
      }
    });
    stop = true;
    await Promise.all(clients);
    expect(mixedUp).toEqual([]);
    expect(terminated).toBeGreaterThan(20);
    expect(outcomes.acknowledged.length).toBeGreaterThan(5);
    const kept = await stored(...outcomes.acknowledged.flat());
    expect(kept.filter((count) => count !== 1)).toEqual([]);
    expect((await stored(...leftOut)).filter((count) => count !== 0)).toEqual([]);
    for (const pair of outcomes.failed)
      expect([
        [0, 0],
        [1, 1],
      ]).toContainEqual(await stored(...pair));
  });
});

describe('connections that are all taken', () => {
  it('turn away who waits too long, and serve again once there are free ones', async () => {
    const { taskIds } = await acme.createProject('taken', POOL.size);
    const held = await whileLocked(taskIds, async () => {
      const answers = taskIds.map((id) => completeTask(id));
      await blockedStatements(api.witness.database, POOL.size);
      const title = newTitle();
      const turnedAway = await Promise.all([send(VIEWER), send(NESTED), createTask(title)]);
      for (const answer of turnedAway) {
        expectUnavailable(answer, POOL.waitLimitMs + 300);
        expect(answer.errors?.[0].message).toContain('server is busy');
      }
      expect(await stored(title)).toEqual([0]);
      return answers;
    });
    for (const answer of await Promise.all(held)) expectGood(answer);
    expectGood(await send(VIEWER));
  });
});

describe('a statement', () => {
  it('that takes too long is ended, and its connection serves on', async () => {
    const { taskIds } = await acme.createProject('slow', 1);
    const [id = ''] = taskIds;
    const title = newTitle();
    await whileLocked([id], async () => {
      const answer = await send(
        'mutation ($in: CreateTaskInput!, $id: ID!) { createTask(input: $in) { id } completeTask(input: { id: $id }) { id } }',
        { in: { projectId: project.id, title }, id },
      );
      // A field of its own fails; its sibling stands, and has been committed.
      expect(answer).toMatchObject({ status: 200, data: { completeTask: null } });
      expect(answer.errors).toMatchObject([
        { path: ['completeTask'], extensions: { code: 'UNAVAILABLE', retryable: true } },
      ]);
      expect(answer.ms).toBeLessThan(POOL.statementTimeoutMs + 1_000);
      expect(await stored(title)).toEqual([1]);
      expectUnavailable(await completeTask(id), POOL.statementTimeoutMs + 1_000);
    });
    expectGood(await completeTask(id));
  });

  it('that would run outside of a transaction that could not begin is no empty answer', async () => {
    for (const operation of [NESTED, `{ task(id: "${unknownId('task')}") { id } }`]) {
      const replaced = api.proxy.replaceAt('READ ONLY', 'READ OILY');
      const answer = await send(operation);
      await replaced;
      expect(answer.errors).toMatchObject([{ extensions: { code: 'INTERNAL' } }]);
      expect(answer.status).toBe(500);
      expect(check.faults(answer)).toEqual([]);
    }
  });
});

describe('two mutations that lock each other out', () => {
  it('both end well: the one that PostgreSQL ends is run again behind the other', async () => {
    const { taskIds } = await acme.createProject('crossed', 4);
    const [one, two, three, four] = taskIds as [string, string, string, string];
    // Its statements may take longer than PostgreSQL takes to find a deadlock.
    const steps = (a: string, b: string, c: string) =>
      acme.owner.send(
        `mutation ($a: ID!, $b: ID!, $c: ID!) {
           a: completeTask(input: { id: $a }) { status }
           b: completeTask(input: { id: $b }) { status }
           c: completeTask(input: { id: $c }) { status }
         }`,
        { a, b, c },
      );
    const answers = await whileLocked([three, four], async () => {
      const both = [steps(one, three, two), steps(two, four, one)];
      await blockedStatements(api.witness.database, 2);
      return both;
    });
    const done = { status: 'COMPLETED' };
    for (const { status, data, errors } of await Promise.all(answers)) {
      expect({ status, data, errors }).toEqual({
        status: 200,
        data: { a: done, b: done, c: done },
        errors: undefined,
      });
    }
  });
});

describe('a client', () => {
  const request = (title: string, id: string) => {
    const body = JSON.stringify({
      query: `mutation ($a: CreateTaskInput!, $b: CreateTaskInput!, $id: ID!) {
        a: createTask(input: $a) { id } completeTask(input: { id: $id }) { id } b: createTask(input: $b) { id }
      }`,
      variables: { a: { projectId: project.id, title }, b: { projectId: project.id, title }, id },
    });
    const authorization = `Bearer ${acme.owner.token}`;
    return postHead({ authorization, 'content-length': Buffer.byteLength(body) }) + body;
  };

  it('that hangs up in the middle of a mutation loses the answer, and nothing else', async () => {
    const { taskIds } = await acme.createProject('abandoned', 1);
    const title = newTitle();
    await whileLocked(taskIds, async () => {
      const socket = openSocket(api.url);
      socket.write(request(title, taskIds[0] as string));
      await blockedStatements(api.witness.database, 1);
      socket.destroy();
      await once(socket, 'close');
    });
    await eventually(idle, 'the mutation has ended');
    expect(await stored(title)).toEqual([2]);
  });

  it('that hangs up while it sends has done nothing', async () => {
    const { taskIds } = await acme.createProject('half', 1);
    const title = newTitle();
    const whole = request(title, taskIds[0] as string);
    for (const part of [0.2, 0.5, 0.9, 0.999]) {
      const socket = openSocket(api.url);
      await once(socket, 'connect');
      await new Promise((sent) => socket.write(whole.slice(0, whole.length * part), sent));
      socket.resetAndDestroy();
      await once(socket, 'close');
    }
    expectGood(await send(VIEWER));
    expect(await stored(title)).toEqual([0]);
  });

  it('that sends slowly, and many of them, take nothing from the others', async () => {
    const whole = request(newTitle(), unknownId('task'));
    const sockets = Array.from({ length: 100 }, () => openSocket(api.url));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    for (const [index, socket] of sockets.entries()) {
      socket.on('error', () => undefined);
      socket.write(whole.slice(0, index % 2 === 0 ? 30 : whole.length - 5));
    }
    for (let round = 0; round < 20; round++) {
      const answer = await send(VIEWER);
      expectGood(answer);
      expect(answer.ms).toBeLessThan(3_000);
    }
    expect(idle()).toBe(true);
    for (const socket of sockets) socket.destroy();
  });
});

describe('a server that is stopped', () => {
  it('under load has kept every change that it acknowledged, and answers what it has begun', async () => {
    const own = await startOwn();
    const initech = await own.witness.createOrganization();
    const { id } = await initech.createProject();
    const outcomes = { acknowledged: [] as string[], refused: [] as string[] };
    const client = async () => {
      for (;;) {
        const title = newTitle();
        try {
          const answer = await own.send(initech.owner, CREATE_TASK, {
            in: { projectId: id, title },
          });
          (answer.status === 200 ? outcomes.acknowledged : outcomes.refused).push(title);
        } catch (error) {
          // Nobody listens any more, or an idle connection was closed under the request.
          expect((error as Error).message).toBe('fetch failed');
          return;
        }
      }
    };
    const clients = Array.from({ length: 8 }, client);
    await eventually(() => outcomes.acknowledged.length > 50, 'changes are acknowledged');
    await own.app.close();
    await Promise.all(clients);
    const { tasks } = await initech.viewer.ask('{ tasks(first: 1) { totalCount } }');
    expect(outcomes.refused).toEqual([]);
    // Neither less nor more: what was not answered has not been accepted either.
    expect(tasks.totalCount).toBe(outcomes.acknowledged.length);
  });
});

describe('a database server in another time zone', () => {
  it('keeps every moment as it was sent', async () => {
    const own = await startOwn();
    const { database } = own.witness;
    await withAdminConnection(database.superuserUrl, (client) =>
      client.query(`ALTER DATABASE ${database.name} SET timezone TO 'Asia/Kathmandu'`),
    );
    const initech = await own.witness.createOrganization();
    const { id } = await initech.createProject();
    const dueAt = '2030-06-01T12:00:00.000Z';
    const { data } = await own.send(
      initech.owner,
      'mutation ($in: CreateTaskInput!) { createTask(input: $in) { id dueAt createdAt } }',
      { in: { projectId: id, title: 'task', dueAt } },
    );
    expect(data.createTask.dueAt).toBe(dueAt);
    expect(Math.abs(Date.parse(data.createTask.createdAt) - Date.now())).toBeLessThan(60_000);
    const read = await own.send(
      initech.owner,
      'query ($id: ID!) { task(id: $id) { dueAt createdAt } }',
      {
        id: data.createTask.id,
      },
    );
    expect(read.data.task).toEqual({ dueAt, createdAt: data.createTask.createdAt });
    // Prisma writes projects; it takes the session to be in UTC.
    const FIELDS = 'id createdAt updatedAt deletedAt';
    const made = await own.send(
      initech.owner,
      `mutation { createProject(input: { name: "project" }) { ${FIELDS} version } }`,
    );
    const { version, ...project } = made.data.createProject;
    const deleted = await own.send(
      initech.owner,
      `mutation ($in: ProjectVersionInput!) { deleteProject(input: $in) { ${FIELDS} } }`,
      { in: { id: project.id, version } },
    );
    const again = await own.send(
      initech.owner,
      `query ($id: ID!) { project(id: $id) { ${FIELDS} } }`,
      { id: project.id },
    );
    expect(again.data.project).toEqual(deleted.data.deleteProject);
    for (const moment of [project.createdAt, project.updatedAt, again.data.project.deletedAt]) {
      expect(Math.abs(Date.parse(moment) - Date.now())).toBeLessThan(60_000);
    }
  });
});
