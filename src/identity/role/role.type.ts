import { Extensions, Field, Int, ObjectType } from 'type-graphql';
import { connectionType, Node, type NodeExtensions } from '../../shared/graphql/index.js';

@ObjectType({
  implements: Node,
  description:
    'A role that the organization has put together for itself, beside those that all organizations have.',
  simpleResolvers: true,
})
@Extensions({ idPrefix: 'role' } satisfies NodeExtensions)
export class Role extends Node {
  @Field({ description: 'Unique within the organization.' })
  name!: string;

  @Field(() => Int, { description: 'Counts the changes. Send the one that you have read.' })
  version!: number;

  @Field({ description: 'When the role was made.' })
  createdAt!: Date;

  @Field({ description: 'When the role was last changed.' })
  updatedAt!: Date;
}

export const RoleConnection = connectionType('Role', () => Role);
