import { GraphQLScalarType } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';

const { serialize, ...config } = GraphQLDateTime.toConfig();

/**
 * A moment in UTC, as RFC 3339 writes it: `2026-11-21T18:20:45.703Z`.
 *
 * Answers with text, where the library leaves a Date to JSON.stringify, which is twice as slow over an
 * answer that has any.
 */
export const DateTime = new GraphQLScalarType({
  ...config,
  serialize: (value) => (serialize(value) as Date).toISOString(),
});
