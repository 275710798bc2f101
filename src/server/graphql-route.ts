import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type FormattedExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { CookieSettings } from '../config/environment.js';
import { answerWithError } from './error-answer.js';
import type { ApolloContext } from './exchange.js';
import { KnownOperations } from './known-operations.js';
import type { OperationExecutor } from './operation-executor.js';
import { exchangeOf, lengthOfBody, Reception, type ReceptionOptions } from './reception.js';

export interface GraphQLRouteOptions extends ReceptionOptions {
  readonly apollo: ApolloServer<ApolloContext>;
  readonly executor: OperationExecutor;
  readonly cookies: CookieSettings;
}

/**
 * `POST /graphql`, and `GET` for queries. Who asks is known, and whether there is room, before the body
 * is read.
 */
export function addGraphQLRoute(fastify: FastifyInstance, options: GraphQLRouteOptions): void {
  const { apollo, executor } = options;
  const throughApollo = fastifyApolloHandler(apollo, { context: createContext });
  const operations = new KnownOperations();
  const reception = new Reception(options, refuse);
  fastify.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    onRequest: (request, reply) => reception.receive(request, reply, lengthOfBody(request)),
    async handler(request, reply) {
      let body: unknown;
      const answered = await reception.admit(request, reply, lengthOfBody(request), async () => {
        body = await answer(request, reply);
      });
      if (answered) return answered;
      sendCookies(request, reply, options.cookies);
      return body;
    },
  });

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

function sendCookies(
  { exchange }: FastifyRequest,
  reply: FastifyReply,
  { isSecure, sameSite }: CookieSettings,
): void {
  for (const { name, value, maxAgeSeconds, path } of exchange?.cookies.released() ?? []) {
    reply.setCookie(name, value, {
      path,
      httpOnly: true,
      secure: isSecure,
      sameSite,
      maxAge: maxAgeSeconds,
    });
  }
}

function refuse(
  { headers: { accept } }: FastifyRequest,
  reply: FastifyReply,
  error: GraphQLFormattedError,
): FastifyReply {
  const type = accept?.includes('application/graphql-response+json')
    ? 'application/graphql-response+json'
    : 'application/json';
  return answerWithError(reply, error, { type });
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
