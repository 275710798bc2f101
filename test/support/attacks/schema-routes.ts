import {
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import type { Route } from '../argument-places.js';

/**
 * The shortest way from Query to every object type that can be reached through fields which need no
 * argument: `{ Task: (inner) => 'tasks { nodes { inner } }' }`.
 */
export function routesOf(schema: GraphQLSchema): Record<string, Route> {
  const query = schema.getQueryType();
  const routes: Record<string, Route> = {};
  if (!query) return routes;
  const open: { type: GraphQLNamedType; route: Route }[] = [{ type: query, route: (i) => i }];
  for (const { type, route } of open) {
    if (isAbstractType(type)) {
      for (const possible of schema.getPossibleTypes(type)) {
        open.push({ type: possible, route: (i) => route(`... on ${possible.name} { ${i} }`) });
      }
    }
    if (!isObjectType(type) || type.name in routes) continue;
    routes[type.name] = route;
    for (const field of Object.values(type.getFields())) {
      if (field.args.some(isRequiredArgument)) continue;
      const named = getNamedType(field.type);
      open.push({ type: named, route: (i) => route(`${field.name} { ${i} }`) });
    }
  }
  return routes;
}

/** Every object type of the schema but introspection's and Mutation. */
export function objectTypes(schema: GraphQLSchema): GraphQLObjectType[] {
  return Object.values(schema.getTypeMap()).filter(
    (type): type is GraphQLObjectType =>
      isObjectType(type) && !type.name.startsWith('__') && type !== schema.getMutationType(),
  );
}
