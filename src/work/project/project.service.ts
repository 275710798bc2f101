import { type RequestContext, requireCaller, requireUser } from '../../identity/index.js';
import type { Clock } from '../../shared/clock.js';
import { notFound } from '../../shared/errors.js';
import { decodeId, encodeId } from '../../shared/ids.js';
import { staleOrMissing } from '../../shared/optimistic-lock.js';
import type { Page } from '../../shared/page.js';
import type { TaskStore } from '../task/task.store.js';
import type {
  CreateProjectInput,
  ProjectVersionInput,
  UpdateProjectInput,
} from './project.input.js';
import type { ProjectList } from './project.list.js';
import { ProjectLoader } from './project.loader.js';
import type { ListedProject, ProjectRow, ProjectStore } from './project.store.js';

export class ProjectService {
  readonly #projects: ProjectStore;
  readonly #tasks: TaskStore;
  readonly #clock: Clock;

  constructor(projects: ProjectStore, tasks: TaskStore, clock: Clock) {
    this.#projects = projects;
    this.#tasks = tasks;
    this.#clock = clock;
  }

  /** @throws NOT_FOUND, BAD_USER_INPUT */
  async get(ctx: RequestContext, id: string): Promise<ProjectRow> {
    const project = await ctx.use(ProjectLoader).byId.load(decodeId('proj', id, 'id'));
    if (!project) throw notFound(id);
    return project;
  }

  list(ctx: RequestContext, list: ProjectList): Promise<Page<ListedProject>> {
    return this.#projects.list.page(ctx.tx, list);
  }

  /** @throws NOT_FOUND for an owner who is not there */
  async create(ctx: RequestContext, input: CreateProjectInput): Promise<ProjectRow> {
    const { name, description } = input;
    // The caller's account, too, may have been removed since the sign-in.
    const owner = input.ownerId ?? encodeId('user', requireCaller(ctx).userId);
    const ownerId = await requireUser(ctx, owner, 'input.ownerId');
    return this.#projects.create(ctx.tx, { name, description, ownerId });
  }

  /** @throws VERSION_CONFLICT, NOT_FOUND, BAD_USER_INPUT */
  async update(ctx: RequestContext, input: UpdateProjectInput): Promise<ProjectRow> {
    const { id, version, ownerId, ...changes } = input;
    const key = { id: decodeId('proj', id, 'input.id'), version, deleted: false };
    const owner =
      ownerId === undefined ? {} : { ownerId: await requireUser(ctx, ownerId, 'input.ownerId') };
    const row = await this.#projects.update(ctx.tx, key, { ...changes, ...owner });
    return row ?? this.#refuse(ctx, input, false);
  }

  /**
   * Deletes the project and, as of the same moment, its tasks.
   *
   * @throws VERSION_CONFLICT, NOT_FOUND, BAD_USER_INPUT
   */
  async delete(ctx: RequestContext, input: ProjectVersionInput): Promise<ProjectRow> {
    const key = { id: decodeId('proj', input.id, 'input.id'), version: input.version };
    const deletedAt = await this.#momentOfItsOwn(ctx, key.id);
    const row = await this.#projects.update(ctx.tx, { ...key, deleted: false }, { deletedAt });
    if (!row) return this.#refuse(ctx, input, false);
    await this.#tasks.deleteWithProject(ctx.tx, key.id, deletedAt);
    return row;
  }

  /**
   * Brings back a deleted project, with the tasks that were deleted along with it.
   *
   * @throws VERSION_CONFLICT, NOT_FOUND, BAD_USER_INPUT
   */
  async restore(ctx: RequestContext, input: ProjectVersionInput): Promise<ProjectRow> {
    const key = { id: decodeId('proj', input.id, 'input.id'), version: input.version };
    const deleted = await ctx.use(ProjectLoader).byId.load(key.id);
    const row = await this.#projects.update(ctx.tx, { ...key, deleted: true }, { deletedAt: null });
    if (!row || !deleted?.deletedAt) return this.#refuse(ctx, input, true);
    await this.#tasks.restoreWithProject(ctx.tx, key.id, deleted.deletedAt);
    return row;
  }

  /** Now, but later than any deletion of a task: by it, a restore tells which tasks to bring back. */
  async #momentOfItsOwn(ctx: RequestContext, projectId: string): Promise<Date> {
    const now = this.#clock.now();
    const last = await this.#tasks.lastDeletion(ctx.tx, projectId);
    return last !== null && last >= now ? new Date(last.getTime() + 1) : now;
  }

  async #refuse(
    ctx: RequestContext,
    { id }: { id: string },
    wantsDeleted: boolean,
  ): Promise<never> {
    const rows = await this.#projects.findByIds(ctx.tx, [decodeId('proj', id, 'input.id')]);
    throw staleOrMissing(id, rows[0] ?? null, wantsDeleted, presentProject);
  }
}

/** A project as the API shows it, for `extensions.current` of a conflict. */
function presentProject({ ownerId, ...project }: ProjectRow): object {
  return {
    ...project,
    id: encodeId('proj', project.id),
    ownerId: encodeId('user', ownerId),
  };
}
