import { GraphQLJSONObject } from 'graphql-scalars';
import { Extensions, Field, Int, ObjectType } from 'type-graphql';
import { connectionType, Node, type NodeExtensions } from '../../shared/graphql/index.js';

@ObjectType({
  implements: Node,
  description: 'Something that the organization sells.',
  simpleResolvers: true,
})
@Extensions({ idPrefix: 'prod' } satisfies NodeExtensions)
export class Product extends Node {
  @Field({
    description: 'Stock keeping unit: unique among the products that are not deleted.',
  })
  sku!: string;

  @Field({ description: '1 to 200 characters.' })
  name!: string;

  @Field({ description: 'At most 10,000 characters; may be empty.' })
  description!: string;

  @Field({ description: 'Whether it is for sale.' })
  active!: boolean;

  @Field(() => GraphQLJSONObject, {
    description:
      'Whatever there is to know of it beside. Who sees the product sees all of it, customers and guests too.',
  })
  metadata!: Record<string, unknown>;

  @Field(() => Int, {
    description: 'Counts the changes. Send the one you read along with an update.',
  })
  version!: number;

  @Field({ description: 'When the product was made.' })
  createdAt!: Date;

  @Field({ description: 'When the product was last changed.' })
  updatedAt!: Date;

  @Field(() => Date, {
    nullable: true,
    description: 'When the product was deleted; null for one that is not.',
  })
  deletedAt!: Date | null;
}

export const ProductConnection = connectionType('Product', () => Product);
