import {
  defaultFieldResolver,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';
import type { ShopperRule } from '../identity/index.js';
import { OperationContext } from './operation-context.js';

const prepared = new WeakSet<GraphQLSchema>();

/**
 * Makes each root field of a mutation a unit of its own: a field that fails neither loses nor aborts
 * its siblings, and reads nothing that was loaded before a sibling wrote.
 *
 * The resolvers of the mutation type are wrapped, once per schema; no other type pays for it.
 */
export function runMutationFieldsAsUnits(schema: GraphQLSchema): void {
  if (prepared.has(schema)) return;
  prepared.add(schema);
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const { access, shoppers } = field.extensions as { access?: unknown; shoppers?: ShopperRule };
    field.resolve = asUnit(field.resolve ?? defaultFieldResolver, {
      isForEverybody: access === 'everybody',
      asOrganization: shoppers?.asOrganization === true,
    });
  }
}

type Resolver = GraphQLFieldResolver<unknown, unknown>;

/**
 * @param of.isForEverybody such as signing in, which opens transactions of its own, also for who is signed in
 * @param of.asOrganization whether the organization does it on behalf of shoppers
 */
function asUnit(
  resolve: Resolver,
  { isForEverybody, asOrganization }: { isForEverybody: boolean; asOrganization: boolean },
): Resolver {
  return async (source, args, context, info) => {
    if (!(context instanceof OperationContext)) return resolve(source, args, context, info);
    if (isForEverybody) context.noteWorkElsewhere();
    context.forgetMembers();
    try {
      // Who is not signed in has no transaction: signing in opens its own.
      if (!context.hasTransaction) return await resolve(source, args, context, info);
      const { tx } = context;
      const work = async () => resolve(source, args, context, info);
      return await tx.unit(asOrganization ? () => tx.asOrganization(work) : work, {
        alone: hasOneRootField(info.operation),
      });
    } finally {
      context.forgetMembers();
    }
  };
}

/** False whenever that can't be told at a glance: a savepoint too many costs little. */
function hasOneRootField({ selectionSet }: OperationDefinitionNode): boolean {
  return selectionSet.selections.length === 1 && selectionSet.selections[0]?.kind === Kind.FIELD;
}
