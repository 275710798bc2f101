import { type GraphQLSchema, isObjectType } from 'graphql';
import { type ClassType, Field, Int, ObjectType } from 'type-graphql';
import type { Page } from '../page.js';

@ObjectType({ description: 'Where a page stands in its list.', simpleResolvers: true })
export class PageInfo {
  @Field({ description: 'Whether there is more behind this page.' })
  hasNextPage!: boolean;

  @Field({ description: 'Whether there is more before this page.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first edge.' })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the last edge; pass it as `after`.',
  })
  endCursor!: string | null;
}

/**
 * The Relay connection over a type: `TaskConnection` and `TaskEdge` over `Task`.
 * https://relay.dev/graphql/connections.htm
 *
 * Resolvers of such a field return a `Page`, whose getters the fields read.
 *
 * @param node the type, or union, of the nodes
 */
export function connectionType(name: string, node: () => ClassType | object) {
  @ObjectType(`${name}Edge`, {
    description: `One ${name} in a list, with its place in it.`,
    simpleResolvers: true,
  })
  class Edge {
    @Field({
      description: 'Opaque place of this node in this order; pass it as `after` or `before`.',
    })
    cursor!: string;

    @Field(node, { description: `The ${name} itself.` })
    node!: object;
  }

  @ObjectType(`${name}Connection`, {
    description: `One page of a list of ${name}.`,
    simpleResolvers: true,
  })
  class Connection {
    @Field(() => [Edge], { description: 'The nodes of this page with their cursors.' })
    edges!: Edge[];

    @Field(() => [node()], { description: 'The nodes of this page.' })
    nodes!: object[];

    @Field({ description: 'Where this page stands in the list.' })
    pageInfo!: PageInfo;

    @Field(() => Int, {
      description: 'How many nodes the whole list has. Counted only when asked for.',
    })
    totalCount!: number;
  }
  return Connection as unknown as ClassType<Page<object>>;
}

/**
 * Makes every connection count when `totalCount` is asked for. The only value that is a method of its
 * row; a compiled query, other than graphql-js, calls none unless a resolver says so.
 */
export function countOnDemand(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || !type.name.endsWith('Connection')) continue;
    const { totalCount } = type.getFields();
    if (totalCount) totalCount.resolve = (page: Page<object>) => page.totalCount();
  }
}
