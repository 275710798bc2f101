import { type RequestContext, requireUser } from '../../identity/index.js';
import type { Clock } from '../../shared/clock.js';
import { badField, notFound } from '../../shared/errors.js';
import { decodeId, encodeId } from '../../shared/ids.js';
import { retryConflicts, staleOrMissing } from '../../shared/optimistic-lock.js';
import type { Page } from '../../shared/page.js';
import type { ProjectStore } from '../project/project.store.js';
import type {
  AssignTaskInput,
  CreateTaskInput,
  TaskIdInput,
  TaskVersionInput,
  UpdateTaskInput,
} from './task.input.js';
import type { TaskList } from './task.list.js';
import { TaskLoader } from './task.loader.js';
import type { ListedTask, TaskChanges, TaskRow, TaskStore } from './task.store.js';
import { TaskPriority, TaskStatus } from './task.type.js';

export class TaskService {
  readonly #tasks: TaskStore;
  readonly #projects: ProjectStore;
  readonly #clock: Clock;

  constructor(tasks: TaskStore, projects: ProjectStore, clock: Clock) {
    this.#tasks = tasks;
    this.#projects = projects;
    this.#clock = clock;
  }

  /** @throws NOT_FOUND, BAD_USER_INPUT */
  async get(ctx: RequestContext, id: string): Promise<TaskRow> {
    const task = await ctx.use(TaskLoader).byId.load(decodeId('task', id, 'id'));
    if (!task) throw notFound(id);
    return task;
  }

  list(ctx: RequestContext, list: TaskList): Promise<Page<ListedTask>> {
    return this.#tasks.list.page(ctx.tx, list);
  }

  /** @throws NOT_FOUND for a project or assignee that is not there; BAD_USER_INPUT */
  async create(ctx: RequestContext, input: CreateTaskInput): Promise<TaskRow> {
    const { title, description, status, priority, dueAt } = input;
    const projectId = decodeId('proj', input.projectId, 'input.projectId');
    const assigneeId = await requireAssignee(ctx, input.assigneeId);
    const task = await this.#tasks.create(ctx.tx, {
      title,
      description,
      status,
      priority,
      projectId,
      assigneeId,
      dueAt: dueAt ?? null,
    });
    if (!task) throw notFound(input.projectId);
    return task;
  }

  /** @throws VERSION_CONFLICT, NOT_FOUND, BAD_USER_INPUT */
  async update(ctx: RequestContext, input: UpdateTaskInput): Promise<TaskRow> {
    const { id, version, projectId, assigneeId, ...changes }: UpdateTaskInput = input;
    const key = { id: decodeId('task', id, 'input.id'), version, deleted: false };
    const references: TaskChanges = {};
    if (projectId !== undefined) {
      references.projectId = await this.#requireProject(ctx, projectId, 'input.projectId');
    }
    if (assigneeId !== undefined) {
      references.assigneeId = await requireAssignee(ctx, assigneeId);
    }
    const row = await this.#tasks.update(ctx.tx, key, { ...changes, ...references });
    return row ?? this.#refuse(ctx, input, false);
  }

  /** Marks a task as done; one that is done stays as it is. @throws NOT_FOUND, VERSION_CONFLICT */
  complete(ctx: RequestContext, input: TaskIdInput): Promise<TaskRow> {
    return this.#intend(ctx, input, ({ status }) =>
      status === TaskStatus.COMPLETED ? null : { status: TaskStatus.COMPLETED },
    );
  }

  /** Marks a done task as pending; any other stays as it is. @throws NOT_FOUND, VERSION_CONFLICT */
  reopen(ctx: RequestContext, input: TaskIdInput): Promise<TaskRow> {
    return this.#intend(ctx, input, ({ status }) =>
      status === TaskStatus.COMPLETED ? { status: TaskStatus.PENDING } : null,
    );
  }

  /** @throws NOT_FOUND for a task or user that is not there; VERSION_CONFLICT, BAD_USER_INPUT */
  async assign(ctx: RequestContext, input: AssignTaskInput): Promise<TaskRow> {
    const assigneeId = await requireAssignee(ctx, input.assigneeId);
    return this.#intend(ctx, input, (task) =>
      task.assigneeId === assigneeId ? null : { assigneeId },
    );
  }

  /** @throws VERSION_CONFLICT, NOT_FOUND, BAD_USER_INPUT */
  async delete(ctx: RequestContext, input: TaskVersionInput): Promise<TaskRow> {
    const id = decodeId('task', input.id, 'input.id');
    const key = { id, version: input.version, deleted: false };
    const row = await this.#tasks.update(ctx.tx, key, { deletedAt: this.#clock.now() });
    return row ?? this.#refuse(ctx, input, false);
  }

  /** @throws VERSION_CONFLICT, NOT_FOUND; BAD_USER_INPUT while the task's project is deleted */
  async restore(ctx: RequestContext, input: TaskVersionInput): Promise<TaskRow> {
    const id = decodeId('task', input.id, 'input.id');
    const key = { id, version: input.version, deleted: true };
    const task = await ctx.use(TaskLoader).byId.load(id);
    // First the project, then the task: the order in which a project's deletion locks them.
    const project = task && (await this.#projects.findAndHold(ctx.tx, task.projectId));
    const row = await this.#tasks.update(ctx.tx, key, { deletedAt: null });
    if (!row) return this.#refuse(ctx, input, true);
    if (project?.deletedAt) {
      throw badField('input.id', 'Its project is deleted. Restore the project first.');
    }
    return row;
  }

  /**
   * Makes a change that depends on nothing that the caller has read.
   *
   * @param change what to write over the task as it is now; null when there is nothing to do
   */
  async #intend(
    ctx: RequestContext,
    input: TaskIdInput,
    change: (task: TaskRow) => TaskChanges | null,
  ): Promise<TaskRow> {
    const id = decodeId('task', input.id, 'input.id');
    const row = await retryConflicts(async (last) => {
      const task = last
        ? await this.#tasks.findAndLock(ctx.tx, id)
        : (await this.#tasks.findByIds(ctx.tx, [id]))[0];
      if (!task || task.deletedAt) throw notFound(input.id);
      const changes = change(task);
      if (!changes) return task;
      return this.#tasks.update(ctx.tx, { id, version: task.version, deleted: false }, changes);
    });
    return row ?? this.#refuse(ctx, input, false);
  }

  async #requireProject(ctx: RequestContext, id: string, path: string): Promise<string> {
    const project = await this.#projects.findAndHold(ctx.tx, decodeId('proj', id, path));
    if (!project || project.deletedAt) throw notFound(id);
    return project.id;
  }

  async #refuse(
    ctx: RequestContext,
    { id }: { id: string },
    wantsDeleted: boolean,
  ): Promise<never> {
    const rows = await this.#tasks.findByIds(ctx.tx, [decodeId('task', id, 'input.id')]);
    throw staleOrMissing(id, rows[0] ?? null, wantsDeleted, presentTask);
  }
}

/** The UUID of who is to do a task; null for nobody. */
function requireAssignee(ctx: RequestContext, id: string | null | undefined) {
  return id == null ? null : requireUser(ctx, id, 'input.assigneeId');
}

/** A task as the API shows it, for `extensions.current` of a conflict. */
function presentTask({ projectId, assigneeId, ...task }: TaskRow): object {
  return {
    ...task,
    id: encodeId('task', task.id),
    projectId: encodeId('proj', projectId),
    assigneeId: assigneeId && encodeId('user', assigneeId),
    status: nameIn(TaskStatus, task.status),
    priority: nameIn(TaskPriority, task.priority),
  };
}

/** What a stored value is called in the API. */
function nameIn(values: Record<string, string | number>, stored: string | number) {
  return Object.keys(values).find((name) => values[name] === stored);
}
