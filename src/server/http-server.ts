import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import cookie from '@fastify/cookie';
import cors from '@fastify/cors';
import { fastify as createFastify, type FastifyInstance } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { ServerSettings } from '../config/environment.js';
import type { SignedRoute } from '../shared/http-route.js';
import type { Logger } from '../shared/logger.js';
import type { Tenancy, TenantTransaction } from '../tenancy/index.js';
import { Admission } from './admission.js';
import { startApolloServer } from './apollo-server.js';
import { allowedOrigins } from './cors-origins.js';
import { ErrorFormat } from './error-format.js';
import { addFeatureRoutes, type FeatureRoute } from './feature-routes.js';
import { addGraphQLRoute } from './graphql-route.js';
import { addHealthRoutes } from './health-routes.js';
import { addErrorHandlers, answerBadUrl, answerUnparsable, limitArrival } from './http-errors.js';
import { addJsonBodies } from './json-body.js';
import { addKeySetRoute } from './key-set-route.js';
import { runMutationFieldsAsUnits } from './mutation-units.js';
import { OpenConnections } from './open-connections.js';
import { OperationCost } from './operation-cost.js';
import { OperationExecutor } from './operation-executor.js';
import { QueryExecution } from './query-execution.js';
import type { Authenticate, AuthenticateCookies, AuthenticateVisitor } from './reception.js';
import { logRequest } from './request-log.js';
import { addSignedRoutes } from './signed-routes.js';

export interface ServerOptions {
  readonly schema: GraphQLSchema;
  readonly tenancy: Tenancy;
  /** Who sends a request. When it rejects, the whole request is answered with that error. */
  readonly authenticate: Authenticate;
  /** Who sends a request that has no such header, but cookies; nobody when left out. */
  readonly authenticateCookies?: AuthenticateCookies;
  /** Whose guest it is who sends a request without signing in; nobody's when left out. */
  readonly authenticateVisitor?: AuthenticateVisitor;
  /** What verifies our access tokens: a JWK Set. */
  readonly publicKeys: object;
  readonly logger: Logger;
  readonly settings: ServerSettings;
  /** What features serve beside GraphQL, for who is signed in. */
  readonly routes?: readonly FeatureRoute[];
  /** What features serve to machines whose messages are signed. */
  readonly signedRoutes?: readonly SignedRoute<TenantTransaction>[];
  /** Adds what else there is to be served, for everybody. */
  readonly addRoutes?: (fastify: FastifyInstance) => void;
}

export interface Server {
  /** For tests that need to look inside. */
  readonly fastify: FastifyInstance;
  /** Takes requests; resolves to the base URL, such as `http://127.0.0.1:4000`. */
  listen(): Promise<string>;
  /**
   * Stops taking requests, lets those under way finish until the deadline, then cuts the rest off. A
   * write that was acknowledged has been committed before. Calling it again waits for the same end.
   */
  close(): Promise<void>;
}

/** How long a client may take to send a request, headers and body. */
const REQUEST_TIMEOUT_MS = 30_000;

/** An application sends the same few queries all day; what a person tries out need not be compiled. */
const COMPILE_AFTER = 3;

/** How often shutting down looks for connections that have become idle. */
const SWEEP_INTERVAL_MS = 20;

/** Makes the server; it listens when told to. */
export async function createServer(options: ServerOptions): Promise<Server> {
  const { schema, tenancy, logger, settings } = options;
  runMutationFieldsAsUnits(schema);
  const errors = new ErrorFormat(logger);
  const executor = new OperationExecutor({
    queries: new QueryExecution({
      schema,
      compileAfter: COMPILE_AFTER,
      hideSuggestions: !settings.introspection,
    }),
    tenancy,
    errors,
    cost: new OperationCost(schema, settings.limits.cost),
    variableValues: settings.limits.variableValues,
  });
  const apollo = await startApolloServer({ schema, settings, executor, errors, logger });
  // One for each connection: nothing waits in the pool, where organizations are not told apart.
  const admission = new Admission(settings.admission, tenancy.poolFigures.limit, logger);
  const fastify = createFastify({
    bodyLimit: settings.bodyLimitBytes,
    trustProxy: trusted(settings.trustProxy),
    // Node has one for all requests; `limitArrival` holds all but transfers to less.
    requestTimeout: settings.transfers.durationLimitMs,
    requestIdHeader: false,
    genReqId: requestId,
    // While draining, a request on a connection that is still open is served, not refused.
    return503OnClosing: false,
    frameworkErrors: answerBadUrl,
    clientErrorHandler: answerUnparsable,
  });
  fastify.server.headersTimeout = Math.min(REQUEST_TIMEOUT_MS, settings.transfers.durationLimitMs);
  const connections = new OpenConnections(fastify.server);
  let closing: Promise<void> | undefined;

  fastify.addHook('onRequest', (request, reply, done) => {
    const startedAt = performance.now();
    if (!request.routeOptions.config.isTransfer) limitArrival(request.raw, REQUEST_TIMEOUT_MS);
    reply.raw.once('close', () => logRequest(logger, request, reply, startedAt));
    reply.header('x-request-id', request.id);
    reply.header('cache-control', 'no-store');
    reply.header('x-content-type-options', 'nosniff');
    done();
  });
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    // The client shall open its next connection elsewhere.
    if (closing) reply.header('connection', 'close');
    done();
  });
  // Read where they are needed, not for each request.
  await fastify.register(cookie, { hook: false });
  addErrorHandlers(fastify, errors, settings.bodyLimitBytes);
  addJsonBodies(fastify);
  if (settings.corsOrigins.length > 0) {
    await fastify.register(cors, {
      origin: allowedOrigins(settings.corsOrigins),
      methods: ['GET', 'POST'],
      // Cookies for the pages that are named; a page that is not named gets nobody's.
      credentials: !settings.corsOrigins.includes('*'),
      exposedHeaders: ['x-request-id', 'retry-after'],
      maxAge: 7_200,
    });
  }
  addHealthRoutes(fastify, { tenancy, admission, isDraining: () => closing !== undefined });
  addKeySetRoute(fastify, options.publicKeys);
  if (settings.sandbox) fastify.get('/', (_request, reply) => reply.redirect('/graphql'));
  options.addRoutes?.(fastify);
  fastify.decorateRequest('exchange', null);
  const reception = {
    admission,
    errors,
    authenticate: options.authenticate,
    authenticateCookies: options.authenticateCookies ?? (async () => null),
    authenticateVisitor: options.authenticateVisitor ?? (async () => null),
  };
  addFeatureRoutes(fastify, options.routes ?? [], {
    ...reception,
    tenancy,
    settings: settings.transfers,
  });
  addSignedRoutes(fastify, options.signedRoutes ?? [], { ...reception, tenancy });
  addGraphQLRoute(fastify, { ...reception, apollo, executor, cookies: settings.cookies });

  async function drain(): Promise<void> {
    const sweep = setInterval(() => connections.closeIdle(), SWEEP_INTERVAL_MS);
    const deadline = setTimeout(() => {
      admission.abandon();
      connections.closeAll();
    }, settings.shutdownDeadlineMs);
    // Resolves when the last connection is closed: idle ones at once, others with their answer.
    await fastify.close();
    await admission.ended();
    clearInterval(sweep);
    clearTimeout(deadline);
    await apollo.stop();
  }

  return {
    fastify,
    listen: () => listen(fastify, settings),
    close() {
      closing ??= drain();
      return closing;
    },
  };
}

/** As Fastify takes it: hop 0 is whoever has connected. */
function trusted(proxies: ServerSettings['trustProxy']) {
  if (typeof proxies === 'number') return (_address: string, hop: number) => hop < proxies;
  return proxies && [...proxies];
}

async function listen(fastify: FastifyInstance, { host, port }: ServerSettings): Promise<string> {
  try {
    return await fastify.listen({ host, port });
  } catch (error) {
    const reason = LISTEN_FAULTS[(error as NodeJS.ErrnoException).code ?? ''];
    if (!reason) throw error;
    throw new Error(`Cannot listen on ${host}, port ${port}: ${reason}`, { cause: error });
  }
}

const LISTEN_FAULTS: Record<string, string> = {
  EADDRINUSE: 'something else does already. Stop it, or set PORT to another one.',
  EACCES: 'this needs more rights than the process has. Set PORT to one above 1023.',
  EADDRNOTAVAIL: 'this machine has no such address. Set HOST to one that it has.',
};

const SANE_REQUEST_ID = /^[\w.:+/=-]{1,128}$/;

/** A proxy's id goes on, so that one id finds the request in both logs. */
function requestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && SANE_REQUEST_ID.test(given) ? given : randomUUID();
}
