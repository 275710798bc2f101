import { type GraphQLSchema, isRequiredArgument } from 'graphql';
import type { Attacker } from './attacker.js';
import { deepSelection } from './deep-selection.js';
import { objectTypes, routesOf } from './schema-routes.js';
import type { Caller } from './shoppers.js';

/**
 * Asks for every field that needs no argument, as deep as it goes: the answer may show nothing of
 * anybody else.
 *
 * @param victims ask the same just before: what the server might have kept of its answer is fresh
 * @returns names of the fields
 */
export async function attackLists(
  schema: GraphQLSchema,
  attacker: Attacker,
  victims: readonly Caller[],
): Promise<string[]> {
  const routes = routesOf(schema);
  const asked: string[] = [];
  for (const type of objectTypes(schema)) {
    const route = routes[type.name];
    for (const field of Object.values(type.getFields())) {
      if (!route || field.args.some(isRequiredArgument)) continue;
      const selection = deepSelection(schema, field);
      if (!selection) continue;
      const place = `${type.name}.${field.name}`;
      const operation = { query: `{ ${route(`${field.name} ${selection}`)} }` };
      for (const victim of victims) await victim.send(operation.query);
      attacker.report.count('GraphQL field');
      const { hasErrors, comparable } = await attacker.send({
        place,
        isMutation: false,
        operation,
        sent: [],
      });
      if (hasErrors) attacker.report.breach(`${place}: cannot be asked for: ${comparable}`);
      asked.push(place);
    }
  }
  return asked;
}
