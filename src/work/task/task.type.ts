import { Extensions, Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { connectionType, Node, type NodeExtensions } from '../../shared/graphql/index.js';

export enum TaskStatus {
  PENDING = 'pending',
  IN_PROGRESS = 'in_progress',
  COMPLETED = 'completed',
}

registerEnumType(TaskStatus, {
  name: 'TaskStatus',
  description: 'How far a task is.',
  valuesConfig: {
    PENDING: { description: 'Nobody has begun it.' },
    IN_PROGRESS: { description: 'Somebody is at it.' },
    COMPLETED: { description: 'It is done.' },
  },
});

/** Stored as a number, so that the database compares and orders it. */
export enum TaskPriority {
  NONE = 0,
  LOW = 1,
  MEDIUM = 2,
  HIGH = 3,
  URGENT = 4,
}

registerEnumType(TaskPriority, {
  name: 'TaskPriority',
  description: 'How much a task presses, from least to most.',
  valuesConfig: {
    NONE: { description: 'Nobody has said.' },
    LOW: { description: 'Some day.' },
    MEDIUM: { description: 'Soon.' },
    HIGH: { description: 'Next.' },
    URGENT: { description: 'Now.' },
  },
});

@ObjectType({
  implements: Node,
  description: 'One thing to do in a project.',
  simpleResolvers: true,
})
@Extensions({ idPrefix: 'task' } satisfies NodeExtensions)
export class Task extends Node {
  @Field({ description: '1 to 200 characters.' })
  title!: string;

  @Field({ description: 'What is to be done, at length; may be empty.' })
  description!: string;

  @Field(() => TaskStatus, { description: 'How far it is.' })
  status!: string;

  @Field({ description: 'Whether it is done: the same as the status COMPLETED.' })
  completed!: boolean;

  @Field(() => TaskPriority, { description: 'How much it presses.' })
  priority!: number;

  @Field(() => Date, {
    nullable: true,
    description: 'When it has to be done; null when it need not.',
  })
  dueAt!: Date | null;

  @Field(() => Int, {
    description: 'Counts the changes. Send the one you read along with an update.',
  })
  version!: number;

  @Field({ description: 'When the task was made.' })
  createdAt!: Date;

  @Field({ description: 'When the task was last changed.' })
  updatedAt!: Date;

  @Field(() => Date, {
    nullable: true,
    description: 'When the task was deleted; null for one that is not.',
  })
  deletedAt!: Date | null;
}

export const TaskConnection = connectionType('Task', () => Task);
