import {
  defaultFieldResolver,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';
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
    const isForEverybody = field.extensions.access === 'everybody';
    field.resolve = asUnit(field.resolve ?? defaultFieldResolver, isForEverybody);
  }
}

type Resolver = GraphQLFieldResolver<unknown, unknown>;

/** @param isForEverybody such as signing in, which opens transactions of its own, also for who is signed in */
function asUnit(resolve: Resolver, isForEverybody: boolean): Resolver {
  return async (source, args, context, info) => {
    if (!(context instanceof OperationContext)) return resolve(source, args, context, info);
    if (isForEverybody) context.noteWorkElsewhere();
    context.forgetMembers();
    try {
      // Who is not signed in has no transaction: signing in opens its own.
      if (!context.caller) return await resolve(source, args, context, info);
      return await context.tx.unit(async () => resolve(source, args, context, info), {
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
