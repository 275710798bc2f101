import type { FastifyReply } from 'fastify';
import type { GraphQLFormattedError } from 'graphql';
import { httpHead } from './http-status.js';

export interface ErrorAnswer {
  /** Where it is another than GraphQL's. */
  readonly status?: number | undefined;
  readonly type?: 'application/json' | 'application/graphql-response+json';
}

/** Answers the whole request with one error, in the form that Apollo's own answers have. */
export function answerWithError(
  reply: FastifyReply,
  error: GraphQLFormattedError,
  { status, type = 'application/json' }: ErrorAnswer = {},
): FastifyReply {
  const head = httpHead(null, [error]);
  for (const [name, value] of head.headers) reply.header(name, value);
  return reply
    .code(status ?? head.status)
    .type(`${type}; charset=utf-8`)
    .send(JSON.stringify({ errors: [error] }));
}
