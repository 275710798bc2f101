import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { GraphQLError } from 'graphql';
import type { Caller } from '../identity/index.js';
import { RequestRefusal } from './apollo-server.js';
import { asGraphQLError, type ErrorFormat } from './error-format.js';
import type { ApolloContext, Exchange } from './exchange.js';

/** Resolves to null without a header; rejects with UNAUTHENTICATED for one that cannot be taken. */
export type Authenticate = (authorization: string | undefined) => Promise<Caller | null>;

export interface GraphQLRouteOptions {
  readonly apollo: ApolloServer<ApolloContext>;
  readonly authenticate: Authenticate;
  readonly errors: ErrorFormat;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Null for requests that are not for GraphQL. */
    exchange: Exchange | null;
  }
}

/** `POST /graphql`, and `GET` for queries. */
export function addGraphQLRoute(fastify: FastifyInstance, options: GraphQLRouteOptions): void {
  fastify.decorateRequest('exchange', null);
  fastify.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    handler: fastifyApolloHandler(options.apollo, {
      context: (request) => createContext(request, options),
    }),
  });
}

async function createContext(
  request: FastifyRequest,
  { authenticate, errors }: GraphQLRouteOptions,
): Promise<ApolloContext> {
  const exchange: Exchange = { requestId: request.id, caller: null, operationName: null };
  request.exchange = exchange;
  refuseUnacceptable(request.headers.accept);
  try {
    exchange.caller = await authenticate(request.headers.authorization);
  } catch (error) {
    throw new RequestRefusal(errors.format(asGraphQLError(error), { requestId: request.id }));
  }
  return { exchange };
}

/** Apollo looks only after execution whether the client can take the answer; a write is kept then. */
function refuseUnacceptable(accept: string | undefined): void {
  if (!accept || /\*\/\*|application\/(\*|json|graphql-response\+json)/i.test(accept)) return;
  throw new GraphQLError('Accept application/graphql-response+json or application/json.', {
    extensions: { code: 'BAD_REQUEST', http: { status: 406 } },
  });
}
