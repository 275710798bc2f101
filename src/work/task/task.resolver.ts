import type { GraphQLResolveInfo } from 'graphql';
import {
  Arg,
  Args,
  Authorized,
  Ctx,
  FieldResolver,
  ID,
  Info,
  Mutation,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { type Permission, type RequestContext, User, UserLoader } from '../../identity/index.js';
import {
  FilterArg,
  listDemand,
  OrderArg,
  PageArgs,
  toPageRequest,
} from '../../shared/graphql/index.js';
import { ProjectLoader } from '../project/project.loader.js';
import { Project } from '../project/project.type.js';
import {
  AssignTaskInput,
  CreateTaskInput,
  TaskFilter,
  TaskIdInput,
  TaskVersionInput,
  UpdateTaskInput,
} from './task.input.js';
import { taskList } from './task.list.js';
import { TaskLoader } from './task.loader.js';
import { TaskOrder } from './task.order.js';
import type { TaskService } from './task.service.js';
import type { ListedTask } from './task.store.js';
import { Task, TaskConnection } from './task.type.js';

@Resolver(() => Task)
export class TaskResolver {
  constructor(private readonly service: TaskService) {}

  @Authorized()
  @Query(() => Task, { nullable: true, description: 'One task, also a deleted one.' })
  task(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the task.' }) id: string,
  ) {
    return this.service.get(ctx, id);
  }

  @Authorized()
  @Query(() => TaskConnection, { description: 'The tasks of the organization.' })
  tasks(
    @Ctx() ctx: RequestContext,
    @Args(() => PageArgs) page: PageArgs,
    @FilterArg(TaskFilter, 'tasks') filter: TaskFilter | null,
    @OrderArg(TaskOrder) orderBy: TaskOrder,
    @Info() info: GraphQLResolveInfo,
  ) {
    const list = taskList(filter, orderBy, toPageRequest(page), listDemand(info));
    return this.service.list(ctx, list);
  }

  @Authorized<Permission>('tasks:write')
  @Mutation(() => Task, { nullable: true, description: 'Makes a task.' })
  createTask(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => CreateTaskInput, { description: 'The new task.' }) input: CreateTaskInput,
  ) {
    return this.service.create(ctx, input);
  }

  @Authorized<Permission>('tasks:write')
  @Mutation(() => Task, {
    nullable: true,
    description: 'Changes a task, unless somebody else has changed it since `version`.',
  })
  updateTask(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => UpdateTaskInput, { description: 'Which task, and what changes.' })
    input: UpdateTaskInput,
  ) {
    return this.service.update(ctx, input);
  }

  @Authorized<Permission>('tasks:write')
  @Mutation(() => Task, {
    nullable: true,
    description: 'Marks a task as done, whatever version it is at.',
  })
  completeTask(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => TaskIdInput, { description: 'Which task.' }) input: TaskIdInput,
  ) {
    return this.service.complete(ctx, input);
  }

  @Authorized<Permission>('tasks:write')
  @Mutation(() => Task, {
    nullable: true,
    description: 'Marks a task that was done as pending again, whatever version it is at.',
  })
  reopenTask(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => TaskIdInput, { description: 'Which task.' }) input: TaskIdInput,
  ) {
    return this.service.reopen(ctx, input);
  }

  @Authorized<Permission>('tasks:write')
  @Mutation(() => Task, {
    nullable: true,
    description: 'Says who is to do a task, whatever version it is at.',
  })
  assignTask(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => AssignTaskInput, { description: 'Which task, and who.' })
    input: AssignTaskInput,
  ) {
    return this.service.assign(ctx, input);
  }

  @Authorized<Permission>('tasks:write')
  @Mutation(() => Task, {
    nullable: true,
    description: 'Deletes a task. `restoreTask` brings it back.',
  })
  deleteTask(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => TaskVersionInput, { description: 'Which task.' }) input: TaskVersionInput,
  ) {
    return this.service.delete(ctx, input);
  }

  @Authorized<Permission>('tasks:write')
  @Mutation(() => Task, { nullable: true, description: 'Brings back a deleted task.' })
  restoreTask(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => TaskVersionInput, { description: 'Which task.' }) input: TaskVersionInput,
  ) {
    return this.service.restore(ctx, input);
  }

  @FieldResolver(() => Project, { description: 'The project that the task belongs to.' })
  project(@Ctx() ctx: RequestContext, @Root() task: ListedTask) {
    return ctx.use(ProjectLoader).byId.load(task.projectId);
  }

  @FieldResolver(() => User, { nullable: true, description: 'Who is to do it; null for nobody.' })
  assignee(@Ctx() ctx: RequestContext, @Root() task: ListedTask) {
    return task.assigneeId === null ? null : ctx.use(UserLoader).byId.load(task.assigneeId);
  }
}

/** `Project.tasks` */
@Resolver(() => Project)
export class ProjectTasksResolver {
  @FieldResolver(() => TaskConnection, { description: 'The tasks of the project.' })
  tasks(
    @Ctx() ctx: RequestContext,
    @Root() project: { id: string },
    @Args(() => PageArgs) page: PageArgs,
    @FilterArg(TaskFilter, 'tasks') filter: TaskFilter | null,
    @OrderArg(TaskOrder) orderBy: TaskOrder,
    @Info() info: GraphQLResolveInfo,
  ) {
    const list = taskList(filter, orderBy, toPageRequest(page), listDemand(info));
    return ctx.use(TaskLoader).ofProject(project.id, list);
  }
}

/** `User.assignedTasks` */
@Resolver(() => User)
export class UserTasksResolver {
  @FieldResolver(() => TaskConnection, { description: 'The tasks that the user is to do.' })
  assignedTasks(
    @Ctx() ctx: RequestContext,
    @Root() user: { id: string },
    @Args(() => PageArgs) page: PageArgs,
    @FilterArg(TaskFilter, 'tasks') filter: TaskFilter | null,
    @OrderArg(TaskOrder) orderBy: TaskOrder,
    @Info() info: GraphQLResolveInfo,
  ) {
    const list = taskList(filter, orderBy, toPageRequest(page), listDemand(info));
    return ctx.use(TaskLoader).ofAssignee(user.id, list);
  }
}
