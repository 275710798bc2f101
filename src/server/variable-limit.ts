import { GraphQLError } from 'graphql';

/**
 * Refuses variables that hold more values than anybody sends on purpose. What is written into the
 * document is bounded by its tokens; what arrives in variables would be converted and checked value by
 * value, for seconds, before any rule of the API could look at it.
 *
 * @param variables as parsed from JSON
 * @param allowed values, nested ones included
 * @returns what to answer; null when there are few enough
 */
export function refusalOfValues(variables: unknown, allowed: number): GraphQLError | null {
  const open: unknown[] = [variables];
  for (let found = 0; open.length > 0; found++) {
    if (found + open.length > allowed) {
      const message = `The variables hold more than ${allowed} values, nested ones included.`;
      return new GraphQLError(message, { extensions: { limit: 'variableValues', allowed } });
    }
    const value = open.pop();
    if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value)) open.push(inner);
    }
  }
  return null;
}
