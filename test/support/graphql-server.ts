import {
  buildSchema,
  type GraphQLFieldResolver,
  GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import { type Logger, pino } from 'pino';
import { readEnvironment } from '../../src/config/environment.js';
import {
  type Caller,
  type Credentials,
  permissionsOf,
  type RequestContext,
} from '../../src/identity/index.js';
import { createServer, type Server, type ServerSettings } from '../../src/server/index.js';
import { unauthenticated, unavailable } from '../../src/shared/errors.js';
import type { Precondition, Tenancy, Tenant } from '../../src/tenancy/index.js';

export interface TestServerOptions {
  schema: GraphQLSchema;
  tenancy: Tenancy;
  settings?: Partial<ServerSettings>;
}

interface GraphQLError {
  message: string;
  path?: (string | number)[];
  locations?: unknown[];
  extensions: Record<string, unknown> & { code: string };
}

export interface Answer {
  status: number;
  headers: Headers;
  /** As it came over the wire. */
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  data: any;
  errors: GraphQLError[] | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: the same.
  extensions: any;
}

export interface RequestOptions {
  variables?: Record<string, unknown>;
  headers?: Record<string, string>;
  /** Who asks; nobody when absent. */
  as?: Tenant;
  signal?: AbortSignal;
}

export interface TestServer {
  server: Server;
  url: string;
  /** Every line of the log so far. */
  log: Record<string, unknown>[];
  query(document: string, options?: RequestOptions): Promise<Answer>;
  fetch(path: string, init?: RequestInit): Promise<Answer>;
  close(): Promise<void>;
}

type Resolvers = Record<
  string,
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what its own fields get.
  Record<string, GraphQLFieldResolver<any, RequestContext, any>>
>;

/** A schema for one test: types as SDL, and resolvers by type and field. */
export function makeSchema(sdl: string, resolvers: Resolvers = {}): GraphQLSchema {
  const schema = buildSchema(sdl);
  for (const [typeName, fields] of Object.entries(resolvers)) {
    const type = schema.getType(typeName);
    if (!(type instanceof GraphQLObjectType)) throw new TypeError(`${typeName} is no object type`);
    for (const [fieldName, resolve] of Object.entries(fields)) {
      const field = type.getFields()[fieldName];
      if (!field) throw new TypeError(`${typeName} has no field ${fieldName}`);
      field.resolve = resolve;
    }
  }
  return schema;
}

/** A server on a free port. `Authorization: Bearer <org> <user>` is believed; see `authenticate`. */
export async function startServer(options: TestServerOptions): Promise<TestServer> {
  const log: Record<string, unknown>[] = [];
  const logger: Logger = pino({ level: 'debug' }, { write: (line) => log.push(JSON.parse(line)) });
  const server = await createServer({
    schema: options.schema,
    tenancy: options.tenancy,
    authenticate,
    publicKeys: { keys: [] },
    logger,
    settings: { ...readEnvironment({}).server, port: 0, ...options.settings },
  });
  const url = await server.listen();
  const get = async (path: string, init?: RequestInit) => toAnswer(await fetch(url + path, init));
  return {
    server,
    url,
    log,
    fetch: get,
    query: (query, { variables, headers = {}, as, signal } = {}) =>
      get('/graphql', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(as && { authorization: tokenOf(as) }),
          ...headers,
        },
        body: JSON.stringify({ query, variables }),
        ...(signal && { signal }),
      }),
    close: () => server.close(),
  };
}

/** The header that the server of a test takes for this tenant. */
export function tokenOf({ orgId, userId }: Tenant): string {
  return `Bearer ${orgId} ${userId}`;
}

/** An owner, whose claims the database confirms without looking. */
export function testCaller({ orgId, userId }: { orgId: string; userId: string }): Caller {
  const precondition: Precondition = {
    statement: { sql: 'SELECT', parameters: [], name: 'holds' },
    refusal: () => unauthenticated(),
  };
  const role = 'owner';
  const permissions = permissionsOf(role);
  return {
    orgId,
    userId,
    role,
    permissions,
    sessionId: null,
    requiresTenantSecret: false,
    precondition,
  };
}

async function authenticate({ authorization }: Credentials): Promise<Caller | null> {
  if (authorization === undefined) return null;
  if (authorization === 'Bearer down') throw unavailable('The database cannot be reached.');
  if (authorization === 'Bearer broken') throw new TypeError('secret is undefined');
  const [, orgId, userId] = /^Bearer (\S+) (\S+)$/.exec(authorization) ?? [];
  if (!orgId || !userId) throw unauthenticated('The token has expired. Sign in again.');
  return testCaller({ orgId, userId });
}

async function toAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  const body = isJson ? JSON.parse(text) : {};
  const { data, errors, extensions } = body;
  return { status: response.status, headers: response.headers, text, data, errors, extensions };
}
