import 'reflect-metadata';
import type { GraphQLSchema } from 'graphql';
import { buildSchema, type NonEmptyArray } from 'type-graphql';
import {
  checkAuthorization,
  createPermissionResolver,
  declareAccess,
  type Permission,
  type RequestContext,
} from './identity/index.js';
import {
  countOnDemand,
  DateTime,
  exposePublicIds,
  type Feature,
  NodeResolver,
  NodeSources,
  sortArguments,
  validateArgument,
} from './shared/graphql/index.js';

/** The GraphQL schema over the given features. */
export async function createSchema(
  features: Feature<RequestContext, Permission>[],
): Promise<GraphQLSchema> {
  const nodes = new NodeSources(features.flatMap((feature) => feature.nodes));
  const resolvers = [
    new NodeResolver(nodes),
    createPermissionResolver(nodes),
    ...features.flatMap((feature) => feature.resolvers),
  ];
  const instances = new Map(resolvers.map((resolver) => [resolver.constructor, resolver]));
  const schema = await buildSchema({
    resolvers: [...instances.keys()] as unknown as NonEmptyArray<new () => object>,
    container: { get: (resolverClass) => instances.get(resolverClass) },
    authChecker: checkAuthorization,
    scalarsMap: [{ type: Date, scalar: DateTime }],
    validateFn: validateArgument,
  });
  exposePublicIds(schema);
  countOnDemand(schema);
  sortArguments(schema);
  declareAccess(schema);
  return schema;
}
