import { type GraphQLSchema, isObjectType } from 'graphql';
import { Field, ID, InterfaceType } from 'type-graphql';
import { encodeId, type IdPrefix } from '../ids.js';

@InterfaceType({
  description: 'Anything that has an id of its own and can be fetched by it with `node`.',
  resolveType: (value: { __typename: string }) => value.__typename,
})
export abstract class Node {
  @Field(() => ID, { description: 'Opaque and globally unique; its prefix tells the type.' })
  id!: string;
}

/** What `@Extensions` says of a type that implements Node. */
export interface NodeExtensions {
  idPrefix: IdPrefix;
}

/**
 * Makes every Node type answer `id` with its public form, while its rows keep the UUID.
 *
 * A plain function put in once: a resolver method would cost a promise per row.
 */
export function exposePublicIds(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || !type.getInterfaces().some(({ name }) => name === 'Node')) continue;
    const prefix = (type.extensions as Partial<NodeExtensions>).idPrefix;
    const id = type.getFields().id;
    if (!prefix || !id) throw new TypeError(`${type.name} implements Node without an idPrefix`);
    id.resolve = (row: { id: string }) => encodeId(prefix, row.id);
  }
}
