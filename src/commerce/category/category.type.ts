import { Extensions, Field, Int, ObjectType } from 'type-graphql';
import { connectionType, Node, type NodeExtensions } from '../../shared/graphql/index.js';

@ObjectType({
  implements: Node,
  description: 'A place in the tree of what the organization sells.',
  simpleResolvers: true,
})
@Extensions({ idPrefix: 'cat' } satisfies NodeExtensions)
export class Category extends Node {
  @Field({ description: '1 to 120 characters.' })
  name!: string;

  @Field({ description: 'For addresses of pages: lower-case letters, digits and single hyphens.' })
  slug!: string;

  @Field(() => Int, { description: 'Among its siblings, the smallest first.' })
  position!: number;

  @Field(() => Int, {
    description: 'Counts the changes. Send the one you read along with an update.',
  })
  version!: number;

  @Field({ description: 'When the category was made.' })
  createdAt!: Date;

  @Field({ description: 'When the category was last changed.' })
  updatedAt!: Date;
}

export const CategoryConnection = connectionType('Category', () => Category);
