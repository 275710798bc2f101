import { Field, ID, InputType, Int } from 'type-graphql';
import { Moment, NotNull, PublicId, Text } from '../../shared/graphql/index.js';
import { TaskPriority, TaskStatus } from './task.type.js';

@InputType({ description: 'A new task.' })
export class CreateTaskInput {
  @Field(() => ID, { description: 'Id of the project that it belongs to.' })
  @PublicId('proj')
  projectId!: string;

  @Field({ description: '1 to 200 characters.' })
  @Text({ min: 1, max: 200 })
  title!: string;

  @Field({ defaultValue: '', description: 'At most 10,000 characters.' })
  @Text({ max: 10_000 })
  description!: string;

  @Field(() => ID, { nullable: true, description: 'Id of the user who is to do it.' })
  @PublicId('user')
  assigneeId?: string | null;

  @Field(() => TaskStatus, { defaultValue: TaskStatus.PENDING, description: 'How far it is.' })
  status!: TaskStatus;

  @Field(() => TaskPriority, {
    defaultValue: TaskPriority.NONE,
    description: 'How much it presses.',
  })
  priority!: TaskPriority;

  @Field(() => Date, { nullable: true, description: 'When it has to be done: 1900 to 9999.' })
  @Moment()
  dueAt?: Date | null;
}

@InputType({ description: 'A change to a task. What is left out stays as it is.' })
export class UpdateTaskInput {
  @Field(() => ID, { description: 'Which task.' })
  @PublicId('task')
  id!: string;

  @Field(() => Int, { description: 'The version that was read; a stale one is refused.' })
  version!: number;

  @Field(() => String, { nullable: true, description: '1 to 200 characters.' })
  @NotNull()
  @Text({ min: 1, max: 200 })
  title?: string;

  @Field(() => String, { nullable: true, description: 'At most 10,000 characters.' })
  @NotNull()
  @Text({ max: 10_000 })
  description?: string;

  @Field(() => ID, { nullable: true, description: 'Id of the project to move it to.' })
  @NotNull()
  @PublicId('proj')
  projectId?: string;

  @Field(() => ID, { nullable: true, description: 'Who is to do it; null for nobody.' })
  @PublicId('user')
  assigneeId?: string | null;

  @Field(() => TaskStatus, { nullable: true, description: 'How far it is.' })
  @NotNull()
  status?: TaskStatus;

  @Field(() => TaskPriority, { nullable: true, description: 'How much it presses.' })
  @NotNull()
  priority?: TaskPriority;

  @Field(() => Date, { nullable: true, description: 'When it has to be done; null for never.' })
  @Moment()
  dueAt?: Date | null;
}

@InputType({ description: 'Which task, in the state that was read.' })
export class TaskVersionInput {
  @Field(() => ID, { description: 'Which task.' })
  @PublicId('task')
  id!: string;

  @Field(() => Int, { description: 'The version that was read; a stale one is refused.' })
  version!: number;
}

@InputType({ description: 'Which task, in whatever state it is.' })
export class TaskIdInput {
  @Field(() => ID, { description: 'Which task.' })
  @PublicId('task')
  id!: string;
}

@InputType({ description: 'Which task, and who is to do it.' })
export class AssignTaskInput {
  @Field(() => ID, { description: 'Which task.' })
  @PublicId('task')
  id!: string;

  @Field(() => ID, { nullable: true, description: 'Id of a user; null or left out for nobody.' })
  @PublicId('user')
  assigneeId?: string | null;
}

@InputType({ description: 'A range of priorities, both ends included.' })
export class PriorityRange {
  @Field(() => TaskPriority, { nullable: true, description: 'At least this.' })
  min?: TaskPriority | null;

  @Field(() => TaskPriority, { nullable: true, description: 'At most this.' })
  max?: TaskPriority | null;
}

/** Checked by `taskCondition`, which stops at its limits before it looks at what lies beyond. */
@InputType({ description: 'Which tasks a list shows. All conditions that are given must hold.' })
export class TaskFilter {
  @Field(() => ID, { nullable: true, description: 'In this project.' })
  projectId?: string | null;

  @Field(() => ID, { nullable: true, description: 'To be done by this user.' })
  assigneeId?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'true: to be done by nobody yet. false: by somebody.',
  })
  unassigned?: boolean | null;

  @Field(() => [TaskStatus], { nullable: true, description: 'In one of these states.' })
  status?: TaskStatus[] | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether done.' })
  completed?: boolean | null;

  @Field(() => PriorityRange, { nullable: true, description: 'Pressing this much.' })
  priority?: PriorityRange | null;

  @Field(() => Date, { nullable: true, description: 'Due before this moment.' })
  dueBefore?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Due at this moment or after it.' })
  dueAfter?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Made at this moment or after it.' })
  createdAfter?: Date | null;

  @Field(() => String, {
    nullable: true,
    description: 'Having these words in title or description, in the syntax of a web search.',
  })
  text?: string | null;

  @Field(() => [TaskFilter], {
    nullable: true,
    description: 'All of these must hold. An empty list always does.',
  })
  and?: TaskFilter[] | null;

  @Field(() => [TaskFilter], {
    nullable: true,
    description: 'At least one of these must hold. An empty list never does.',
  })
  or?: TaskFilter[] | null;

  @Field(() => TaskFilter, { nullable: true, description: 'This must not hold.' })
  not?: TaskFilter | null;
}
