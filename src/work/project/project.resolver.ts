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
import {
  CreateProjectInput,
  ProjectFilter,
  ProjectOrder,
  ProjectVersionInput,
  UpdateProjectInput,
} from './project.input.js';
import { projectList } from './project.list.js';
import { ProjectLoader } from './project.loader.js';
import type { ProjectService } from './project.service.js';
import type { ListedProject } from './project.store.js';
import { Project, ProjectConnection, TaskCounts } from './project.type.js';
import { TaskCountsLoader } from './task-counts.loader.js';

@Resolver(() => Project)
export class ProjectResolver {
  constructor(private readonly service: ProjectService) {}

  @Authorized()
  @Query(() => Project, { nullable: true, description: 'One project, also a deleted one.' })
  project(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the project.' }) id: string,
  ) {
    return this.service.get(ctx, id);
  }

  @Authorized()
  @Query(() => ProjectConnection, { description: 'The projects of the organization.' })
  projects(
    @Ctx() ctx: RequestContext,
    @Args(() => PageArgs) page: PageArgs,
    @FilterArg(ProjectFilter, 'projects') filter: ProjectFilter | null,
    @OrderArg(ProjectOrder) orderBy: ProjectOrder,
    @Info() info: GraphQLResolveInfo,
  ) {
    const list = projectList(filter, orderBy, toPageRequest(page), listDemand(info));
    return this.service.list(ctx, list);
  }

  @Authorized<Permission>('projects:write')
  @Mutation(() => Project, { nullable: true, description: 'Makes a project.' })
  createProject(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => CreateProjectInput, { description: 'The new project.' })
    input: CreateProjectInput,
  ) {
    return this.service.create(ctx, input);
  }

  @Authorized<Permission>('projects:write')
  @Mutation(() => Project, { nullable: true, description: 'Changes a project.' })
  updateProject(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => UpdateProjectInput, { description: 'Which project, and what changes.' })
    input: UpdateProjectInput,
  ) {
    return this.service.update(ctx, input);
  }

  @Authorized<Permission>('projects:write')
  @Mutation(() => Project, {
    nullable: true,
    description: 'Deletes a project along with its tasks. `restoreProject` brings them back.',
  })
  deleteProject(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => ProjectVersionInput, { description: 'Which project.' })
    input: ProjectVersionInput,
  ) {
    return this.service.delete(ctx, input);
  }

  @Authorized<Permission>('projects:write')
  @Mutation(() => Project, {
    nullable: true,
    description: 'Brings back a deleted project and the tasks that were deleted along with it.',
  })
  restoreProject(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => ProjectVersionInput, { description: 'Which project.' })
    input: ProjectVersionInput,
  ) {
    return this.service.restore(ctx, input);
  }

  @FieldResolver(() => User, { description: 'Who answers for the project.' })
  owner(@Ctx() ctx: RequestContext, @Root() project: ListedProject) {
    return ctx.use(UserLoader).byId.load(project.ownerId);
  }

  @FieldResolver(() => TaskCounts, { description: 'How many tasks it has, by state.' })
  taskCounts(@Ctx() ctx: RequestContext, @Root() project: ListedProject) {
    return ctx.use(TaskCountsLoader).ofProject.load(project.id);
  }
}

/** `User.projects` */
@Resolver(() => User)
export class UserProjectsResolver {
  @FieldResolver(() => ProjectConnection, { description: 'The projects that the user owns.' })
  projects(
    @Ctx() ctx: RequestContext,
    @Root() user: { id: string },
    @Args(() => PageArgs) page: PageArgs,
    @FilterArg(ProjectFilter, 'projects') filter: ProjectFilter | null,
    @OrderArg(ProjectOrder) orderBy: ProjectOrder,
    @Info() info: GraphQLResolveInfo,
  ) {
    const list = projectList(filter, orderBy, toPageRequest(page), listDemand(info));
    return ctx.use(ProjectLoader).ofOwner(user.id, list);
  }
}
