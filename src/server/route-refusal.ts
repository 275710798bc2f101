import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLFormattedError } from 'graphql';
import { answerWithError } from './error-answer.js';

/** Beside those that `httpHead` gives: here the status is all that most programs look at. */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  BAD_USER_INPUT: 400,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  VERSION_CONFLICT: 409,
  ALREADY_EXISTS: 409,
};

/** Answers the whole request with one error, in the form that those of GraphQL have. */
export function refuse(
  _request: FastifyRequest,
  reply: FastifyReply,
  error: GraphQLFormattedError,
  status = STATUS_OF_CODE[String(error.extensions?.code)],
): FastifyReply {
  return answerWithError(reply, error, { status });
}
