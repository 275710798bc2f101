import { Extensions, Field, Int, ObjectType } from 'type-graphql';
import { connectionType, Node, type NodeExtensions } from '../../shared/graphql/index.js';

@ObjectType({
  implements: Node,
  description: 'Something that people work on together; it holds tasks.',
  simpleResolvers: true,
})
@Extensions({ idPrefix: 'proj' } satisfies NodeExtensions)
export class Project extends Node {
  @Field({ description: '1 to 120 characters.' })
  name!: string;

  @Field({ description: 'What the project is about; may be empty.' })
  description!: string;

  @Field(() => Int, {
    description: 'Counts the changes. Send the one you read along with an update.',
  })
  version!: number;

  @Field({ description: 'When the project was made.' })
  createdAt!: Date;

  @Field({ description: 'When the project was last changed.' })
  updatedAt!: Date;

  @Field(() => Date, {
    nullable: true,
    description: 'When the project was deleted; null for one that is not.',
  })
  deletedAt!: Date | null;
}

@ObjectType({
  description: 'How many tasks a project has, by state. Deleted tasks do not count.',
  simpleResolvers: true,
})
export class TaskCounts {
  @Field(() => Int, { description: 'All tasks.' })
  total!: number;

  @Field(() => Int, { description: 'Tasks that nobody has begun.' })
  pending!: number;

  @Field(() => Int, { description: 'Tasks that somebody is at.' })
  inProgress!: number;

  @Field(() => Int, { description: 'Tasks that are done.' })
  completed!: number;

  @Field(() => Int, { description: 'Tasks that are not done and whose due date is past.' })
  overdue!: number;
}

export const ProjectConnection = connectionType('Project', () => Project);
