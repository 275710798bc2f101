import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type FormattedExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { CookieSettings } from '../config/environment.js';
import { type Caller, type Cookies, type Credentials, clientOf } from '../identity/index.js';
import { type RowhouseError, unavailable } from '../shared/errors.js';
import { type Admission, type Applicant, SERVER_BUSY } from './admission.js';
import { CookieJar } from './cookie-jar.js';
import { isPreflighted } from './cross-site.js';
import { asGraphQLError, type ErrorFormat } from './error-format.js';
import type { ApolloContext, Exchange, Outdated } from './exchange.js';
import { httpHead } from './http-status.js';
import { KnownOperations } from './known-operations.js';
import type { OperationExecutor } from './operation-executor.js';

/**
 * Resolves to null without credentials; rejects with UNAUTHENTICATED for such as cannot be taken, and with
 * UNAVAILABLE when too many are being looked at.
 */
export type Authenticate = (credentials: Credentials) => Promise<Caller | null>;

/** Resolves to null for cookies that don't hold. */
export type AuthenticateCookies = (cookies: Cookies) => Promise<Caller | null>;

export interface GraphQLRouteOptions {
  readonly apollo: ApolloServer<ApolloContext>;
  readonly executor: OperationExecutor;
  readonly admission: Admission;
  readonly authenticate: Authenticate;
  /** Asked where there is no header, and cookies have come. */
  readonly authenticateCookies: AuthenticateCookies;
  readonly cookies: CookieSettings;
  readonly errors: ErrorFormat;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Null for requests that are not for GraphQL. */
    exchange: Exchange | null;
  }
}

const BUSY = formatted(SERVER_BUSY);

/** Those that are of one answer, and of no other to the same request. */
const HEADERS_OF_ANSWER = ['content-length', 'retry-after'] as const;

const OUTDATED = formatted(
  unavailable('What these credentials may do has just changed. Send the request again.'),
);

/**
 * `POST /graphql`, and `GET` for queries. Who asks is known, and whether there is room, before the body
 * is read.
 */
export function addGraphQLRoute(fastify: FastifyInstance, options: GraphQLRouteOptions): void {
  const { apollo, executor, admission } = options;
  const throughApollo = fastifyApolloHandler(apollo, { context: createContext });
  const operations = new KnownOperations();
  fastify.decorateRequest('exchange', null);
  fastify.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    async onRequest(request, reply) {
      request.exchange = beginExchange(request);
      const refusal = await identify(request, options);
      if (refusal) return refuse(request, reply, refusal);
      if (!admission.hasRoomFor(applicant(request))) {
        endUse(request.exchange);
        return turnAway(request, reply);
      }
    },
    async handler(request, reply) {
      const exchange = exchangeOf(request);
      try {
        const body = await answerInTurn(request, reply);
        if (exchange.outdated) return await answerAnew(request, reply, exchange.outdated);
        sendCookies(request, reply, options.cookies);
        return body;
      } catch (error) {
        if (error !== SERVER_BUSY) throw error;
        return turnAway(request, reply);
      }
    },
  });

  function answerInTurn(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const exchange = exchangeOf(request);
    return admission
      .run(applicant(request), reply.raw, () => answer(request, reply))
      .finally(() => endUse(exchange));
  }

  /**
   * Answers a request whose credentials were remembered, and hold no more, as if they had not been: nobody
   * shall see in an answer that they once were good. Such as hold again, or otherwise, are good for
   * another try: for one that is made here where nothing was done, and else for one that the client decides on. Of
   * two tries, the second is the last.
   */
  async function answerAnew(
    request: FastifyRequest,
    reply: FastifyReply,
    { isUndone }: Outdated,
  ): Promise<unknown> {
    for (const header of HEADERS_OF_ANSWER) reply.removeHeader(header);
    const exchange = exchangeOf(request);
    const refusal = await identify(request, options);
    exchange.outdated = null;
    if (refusal || !isUndone) {
      endUse(exchange);
      return refuse(request, reply, refusal ?? OUTDATED);
    }
    const body = await answerInTurn(request, reply);
    // Set while it ran.
    if ((exchange.outdated as Outdated | null) === null) {
      sendCookies(request, reply, options.cookies);
      return body;
    }
    for (const header of HEADERS_OF_ANSWER) reply.removeHeader(header);
    return refuse(request, reply, OUTDATED);
  }

  /** Runs at once what Apollo Server has found good before, and lets it look at everything else. */
  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const known = operations.find(request);
    if (!known) {
      const body = await throughApollo.call(fastify, request, reply);
      operations.learn(request, reply);
      return body;
    }
    const exchange = exchangeOf(request);
    exchange.operation = known.operation;
    const { http, body } = await executor.execute(known.operation, exchange);
    reply.code(http.status ?? 200).header('content-type', known.contentType);
    for (const [name, value] of http.headers) reply.header(name, value);
    return asApolloWrites(body.singleResult);
  }
}

/** Errors come first, so that a person who reads the answer sees them. */
function asApolloWrites({ errors, data, extensions }: FormattedExecutionResult): string {
  return `${JSON.stringify({ errors, data, extensions })}\n`;
}

function beginExchange(request: FastifyRequest): Exchange {
  const { id, ip, headers } = request;
  return {
    requestId: id,
    client: clientOf(ip, headers['user-agent']),
    cookies: cookiesOf(request),
    caller: null,
    operation: null,
    isTurnedAway: false,
    outdated: null,
  };
}

function endUse({ caller, outdated }: Exchange): void {
  caller?.use?.end({ isRefused: outdated !== null });
}

function exchangeOf({ exchange }: FastifyRequest): Exchange {
  if (!exchange) throw new TypeError('Nobody has been asked who sends this request.');
  return exchange;
}

/** @returns the error that answers the request, if who sends it cannot be told */
async function identify(
  request: FastifyRequest,
  { authenticate, authenticateCookies, errors }: GraphQLRouteOptions,
): Promise<GraphQLFormattedError | undefined> {
  const exchange = exchangeOf(request);
  try {
    exchange.caller = await authenticate(credentialsOf(request));
    if (!exchange.caller && exchange.cookies.hasReceived) {
      exchange.caller = await authenticateCookies(exchange.cookies);
    }
    return undefined;
  } catch (error) {
    return errors.format(asGraphQLError(error), { requestId: request.id });
  }
}

/** Those that say who wants this; of a request that another site may have caused, none. */
function cookiesOf({ headers, server }: FastifyRequest): CookieJar {
  const { cookie } = headers;
  const isBelieved = cookie !== undefined && isPreflighted(headers);
  return new CookieJar(isBelieved ? cookie : undefined, server.parseCookie);
}

function sendCookies(
  { exchange }: FastifyRequest,
  reply: FastifyReply,
  { isSecure, sameSite }: CookieSettings,
): void {
  for (const { name, value, maxAgeSeconds } of exchange?.cookies.released() ?? []) {
    reply.setCookie(name, value, {
      path: '/graphql',
      httpOnly: true,
      secure: isSecure,
      sameSite,
      maxAge: maxAgeSeconds,
    });
  }
}

/** Node joins headers of these names that come twice; the types do not know it. */
function credentialsOf(request: FastifyRequest): Credentials {
  const { headers } = request;
  return {
    authorization: headers.authorization,
    organization: headers['x-organization']?.toString(),
    tenantId: headers['x-tenant-id']?.toString(),
    tenantSecret: headers['x-tenant-secret']?.toString(),
    client: exchangeOf(request).client,
  };
}

function formatted({ message, code, details }: RowhouseError): GraphQLFormattedError {
  return { message, extensions: { code, ...details } };
}

/** A body that comes in chunks may be as long as any. */
function applicant({ exchange, headers, routeOptions }: FastifyRequest): Applicant {
  const length = headers['transfer-encoding'] ? routeOptions.bodyLimit : headers['content-length'];
  return { organization: exchange?.caller?.orgId ?? null, bytes: Number(length ?? 0) };
}

function turnAway(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (request.exchange) request.exchange.isTurnedAway = true;
  return refuse(request, reply, BUSY);
}

/** Answers the whole request with one error, in the form that Apollo's own answers have. */
function refuse(
  { headers: { accept } }: FastifyRequest,
  reply: FastifyReply,
  error: GraphQLFormattedError,
): FastifyReply {
  const { status, headers } = httpHead(null, [error]);
  for (const [name, value] of headers) reply.header(name, value);
  const type = accept?.includes('application/graphql-response+json')
    ? 'application/graphql-response+json'
    : 'application/json';
  return reply
    .code(status)
    .type(`${type}; charset=utf-8`)
    .send(JSON.stringify({ errors: [error] }));
}

async function createContext(request: FastifyRequest): Promise<ApolloContext> {
  refuseUnacceptable(request.headers.accept);
  return { exchange: exchangeOf(request) };
}

/** Apollo looks only after execution whether the client can take the answer; a write is kept then. */
function refuseUnacceptable(accept: string | undefined): void {
  if (!accept || /\*\/\*|application\/(\*|json|graphql-response\+json)/i.test(accept)) return;
  throw new GraphQLError('Accept application/graphql-response+json or application/json.', {
    extensions: { code: 'BAD_REQUEST', http: { status: 406 } },
  });
}
