import type { HttpRoute, SignedRoute } from '../http-route.js';
import type { NodeSource } from './node-sources.js';

/** What a feature folder hands to the composition root. */
export interface Feature<Context, Permission extends string = never> {
  /** Instances of the feature's resolver classes. */
  resolvers: object[];
  /** The feature's entities that `node` finds. */
  nodes: NodeSource<Context>[];
  /** What it serves beside GraphQL. */
  routes?: readonly HttpRoute<Context, Permission>[];
  /** What it serves to machines whose messages are signed. */
  signedRoutes?: readonly SignedRoute<TransactionOf<Context>>[];
}

type TransactionOf<Context> = Context extends { readonly tx: infer Transaction }
  ? Transaction
  : never;
