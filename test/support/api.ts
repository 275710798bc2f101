import { type App, type AppSettings, createApp } from '../../src/app.js';
import { type Environment, readEnvironment } from '../../src/config/environment.js';
import type { IdentitySettings, Permission, Role } from '../../src/identity/index.js';
import { signingKeyOf } from '../../src/identity/session/signing-key.js';
import type { ServerSettings } from '../../src/server/index.js';
import type { Clock } from '../../src/shared/clock.js';
import { decodeId, encodeId, type IdPrefix, newUuid } from '../../src/shared/ids.js';
import type { PoolSettings, Tenant } from '../../src/tenancy/index.js';
import { createDatabase, type TestDatabase } from './database.js';
import { poolSettings, silent } from './organizations.js';

export const TEST_SECRET = 'a secret of the tests, of more than 32 bytes';
/** What signs the access tokens. */
export const TEST_KEY = signingKeyOf(TEST_SECRET);

/** Nobody has money taken. */
export const PAYMENTS: AppSettings['payments'] = {
  provider: 'local',
  webhookSecrets: [TEST_SECRET],
};

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field.
type Json = any;

/** What came back over HTTP. */
export interface Answer {
  status: number;
  headers: Headers;
  data: Json;
  errors: Json[] | undefined;
  extensions: Json;
  /** The body to the letter. */
  text: string;
}

export interface ApiOptions {
  pool?: Partial<PoolSettings>;
  server?: Partial<ServerSettings>;
  identity?: Partial<IdentitySettings>;
  mail?: Partial<AppSettings['mail']>;
  payments?: Partial<AppSettings['payments']>;
  commerce?: Partial<AppSettings['commerce']>;
  clock?: Clock;
  /** What is done to the database before anything of the product uses it. */
  prepare?: (database: TestDatabase) => Promise<unknown>;
}

/** The whole product over a database of its own, reached through HTTP. */
export interface Api {
  app: App;
  database: TestDatabase;
  /** `http://127.0.0.1:…`, without a path. */
  url: string;
  /** An organization with one user of each role of its staff. */
  createOrganization(slug?: string): Promise<Organization>;
  /** Sends an operation without signing in, or with the given Authorization header. */
  send(query: string, variables?: Json, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

/** Customers are made where they are needed: they are not part of the organization. */
export type StaffRole = Exclude<Role, 'customer'>;

export interface Organization extends Record<StaffRole, Person> {
  tenant: Tenant;
  /** Public id: `org_…`. */
  id: string;
  slug: string;
  /** Makes a project with tasks titled `task 1` … in one go; public ids come back. */
  createProject(name?: string, tasks?: number): Promise<{ id: string; taskIds: string[] }>;
  /** Makes tasks in one go, past the API's rules for input; their public ids come back. */
  createTasks(projectId: string, tasks: TaskData[]): Promise<string[]>;
  /** One person more; given permissions, with a new role that grants just those. */
  createPerson(role: Role | readonly Permission[], name: string): Promise<Person>;
}

/** A task as it is stored, but for its assignee's public id. */
export interface TaskData {
  title?: string;
  description?: string;
  status?: 'pending' | 'in_progress' | 'completed';
  priority?: number;
  dueAt?: Date | null;
  createdAt?: Date;
  updatedAt?: Date;
  assigneeId?: string | null;
}

/** A public id that nothing has. */
export function unknownId(prefix: IdPrefix): string {
  return encodeId(prefix, newUuid());
}

/** Somebody who is signed in. */
export interface Person {
  /** Public id: `user_…`. */
  id: string;
  uuid: string;
  email: string;
  token: string;
  /** The refresh token that came with the token. */
  refreshToken: string;
  /** Sends an operation. */
  send(query: string, variables?: Json): Promise<Answer>;
  /** Sends an operation that must succeed, and gives its data. */
  ask(query: string, variables?: Json): Promise<Json>;
  /** Sends an operation that must fail with one error, and gives that error. */
  fail(query: string, variables?: Json): Promise<Json>;
}

export async function startApi(options: ApiOptions = {}): Promise<Api> {
  const database = await createDatabase();
  await options.prepare?.(database);
  const { server, mail, commerce } = readEnvironment({ NODE_ENV: 'test' });
  const pool = poolSettings(database, options.pool);
  const admission = { ...server.admission, waitLimitMs: pool.waitLimitMs };
  const settings = {
    database: pool,
    identity: identitySettings(options.identity),
    commerce: commerceSettings(commerce, options.commerce),
    sealing: { keys: [TEST_SECRET] },
    mail: { ...mail, ...options.mail },
    payments: { ...PAYMENTS, ...options.payments },
    server: { ...server, port: 0, admission, ...options.server },
  };
  const app = await createApp(settings, silent, options.clock);
  const url = await app.server.listen();
  const send = sendTo(url);
  return {
    app,
    database,
    url,
    send,
    createOrganization: (slug) => createOrganization(app, send, slug),
    async close() {
      await app.close();
      await database.drop();
    },
  };
}

/** Tests sign in, and fail to, more often than people. */
export const UNLIMITED = { times: 1_000_000, seconds: 60 };

/** As in the environment, but that guests who are no people have as many carts as they want. */
export function commerceSettings(
  { carts, ...commerce }: Environment['commerce'],
  settings: Partial<AppSettings['commerce']> = {},
): AppSettings['commerce'] {
  return { ...commerce, carts: { ...carts, perAddress: UNLIMITED }, ...settings };
}

/** As in the environment, but for the secret, and for how many sign-ins may fail. */
export function identitySettings(settings: Partial<IdentitySettings> = {}): IdentitySettings {
  const { accessTokens, ...environment } = readEnvironment({ NODE_ENV: 'test' });
  const { sessions, signUp, deletion, appUrl, passwords, externalIdentity } = environment;
  return {
    accessTokens: { ...accessTokens, secret: TEST_SECRET },
    sessions,
    signUp,
    deletion,
    appUrl,
    signIn: { perAddress: UNLIMITED, perAccount: UNLIMITED, perPair: UNLIMITED },
    passwords,
    guestCarts: UNLIMITED,
    externalIdentity,
    ...settings,
  };
}

/** What sends operations to the server behind a base URL. */
export function sendTo(url: string): Api['send'] {
  return (query, variables, headers = {}) => post(`${url}/graphql`, { query, variables }, headers);
}

async function post(url: string, body: object, headers: Record<string, string>): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const { data, errors, extensions } = JSON.parse(text);
  return { status: response.status, headers: response.headers, data, errors, extensions, text };
}

async function createOrganization(
  app: App,
  send: Api['send'],
  slug = `org-${newUuid().slice(-12)}`,
): Promise<Organization> {
  const tenant: Tenant = { orgId: newUuid(), userId: null };
  await app.tenancy.withTenant(tenant, 'write', ({ prisma }) =>
    prisma.organization.create({ data: { id: tenant.orgId, name: slug, slug } }),
  );
  const people = {} as Record<StaffRole, Person>;
  for (const role of ['owner', 'admin', 'member', 'viewer'] as const) {
    people[role] = await createPerson(app, send, tenant.orgId, slug, role, role);
  }
  const owner = { ...tenant, userId: people.owner.uuid };
  return {
    ...people,
    tenant: owner,
    id: encodeId('org', tenant.orgId),
    slug,
    createProject: (name, tasks) => createProject(app, owner, name, tasks),
    createTasks: (projectId, tasks) => createTasks(app, owner, projectId, tasks),
    createPerson: (role, name) => createPerson(app, send, tenant.orgId, slug, role, name),
  };
}

async function createPerson(
  app: App,
  send: Api['send'],
  orgId: string,
  slug: string,
  role: Role | readonly Permission[],
  name: string,
): Promise<Person> {
  const uuid = newUuid();
  const email = `${name}@${slug}.example.com`;
  await app.tenancy.withTenant({ orgId, userId: null }, 'write', async ({ prisma }) => {
    let given: { role: string; customRoleId?: string };
    if (typeof role === 'string') given = { role };
    else {
      const data = { name: `role of ${name}`, permissions: [...role] };
      given = { role: 'custom', customRoleId: (await prisma.role.create({ data })).id };
    }
    return prisma.user.create({ data: { id: uuid, email, name, ...given, passwordHash: 'none' } });
  });
  const { accessToken: token, refreshToken } = await app.identity.sessions.open({
    orgId,
    userId: uuid,
  });
  const own: Person['send'] = (query, variables) =>
    send(query, variables, { authorization: `Bearer ${token}` });
  return {
    id: encodeId('user', uuid),
    uuid,
    email,
    token,
    refreshToken,
    send: own,
    async ask(query, variables) {
      const answer = await own(query, variables);
      if (answer.errors) throw new Error(`Expected no errors, got ${answer.text}`);
      return answer.data;
    },
    async fail(query, variables) {
      const { errors, text } = await own(query, variables);
      if (errors?.length !== 1) throw new Error(`Expected one error, got ${text}`);
      return errors[0];
    },
  };
}

async function createProject(app: App, tenant: Tenant, name = 'project', tasks = 0) {
  const uuid = newUuid();
  const id = encodeId('proj', uuid);
  await app.tenancy.withTenant(tenant, 'write', ({ prisma }) =>
    prisma.project.create({ data: { id: uuid, name, ownerId: tenant.userId as string } }),
  );
  const titles = Array.from({ length: tasks }, (_, index) => ({ title: `task ${index + 1}` }));
  return { id, taskIds: await createTasks(app, tenant, id, titles) };
}

async function createTasks(app: App, tenant: Tenant, project: string, tasks: TaskData[]) {
  const projectId = decodeId('proj', project, 'project');
  const data = tasks.map(({ assigneeId, ...task }) => ({
    title: 'task',
    ...task,
    id: newUuid(),
    projectId,
    assigneeId: assigneeId ? decodeId('user', assigneeId, 'assigneeId') : null,
    completed: task.status === 'completed',
  }));
  await app.tenancy.withTenant(tenant, 'write', ({ prisma }) => prisma.task.createMany({ data }));
  return data.map(({ id }) => encodeId('task', id));
}
