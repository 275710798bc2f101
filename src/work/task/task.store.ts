import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { newUuid } from '../../shared/ids.js';
import { type KeysetOrder, keyset } from '../../shared/keyset.js';
import type { PageRequest } from '../../shared/page.js';
import {
  fixedStatement,
  type model,
  perId,
  perParent,
  query,
  type TenantTransaction,
} from '../../tenancy/index.js';

export type TaskRow = Omit<model.Task, 'orgId'>;

/** The row that a list of tasks can hang from. */
export type TaskParent = 'project_id' | 'assignee_id';

/** A condition over `tasks`; null for all that are not deleted. */
export type TaskCondition = RawBuilder<SqlBool> | null;

/** What a writer may set. `completed` follows `status`. */
export type TaskChanges = Partial<
  Pick<
    TaskRow,
    | 'title'
    | 'description'
    | 'projectId'
    | 'assigneeId'
    | 'priority'
    | 'dueAt'
    | 'status'
    | 'deletedAt'
  >
>;

const COLUMNS = [
  'tasks.id',
  'tasks.project_id as projectId',
  'tasks.assignee_id as assigneeId',
  'tasks.title',
  'tasks.description',
  'tasks.completed',
  'tasks.status',
  'tasks.priority',
  'tasks.due_at as dueAt',
  'tasks.version',
  'tasks.created_at as createdAt',
  'tasks.updated_at as updatedAt',
  'tasks.deleted_at as deletedAt',
] as const;

const byIds = fixedStatement('tasks.by-ids', (of: { orgId: string; ids: readonly string[] }) =>
  perId(
    of.ids,
    query
      .selectFrom('tasks')
      .select(COLUMNS)
      .where('tasks.org_id', '=', of.orgId)
      .where('tasks.id', '=', sql<string>`key.id`),
  ),
);

const lockedById = fixedStatement('tasks.lock', (of: { orgId: string; id: string }) =>
  query
    .selectFrom('tasks')
    .select(COLUMNS)
    .where('tasks.org_id', '=', of.orgId)
    .where('tasks.id', '=', of.id)
    .forUpdate()
    .compile(),
);

const insertedIntoProject = fixedStatement(
  'tasks.insert',
  (
    task: Pick<
      model.Task,
      | 'orgId'
      | 'id'
      | 'projectId'
      | 'assigneeId'
      | 'title'
      | 'description'
      | 'completed'
      | 'status'
      | 'priority'
      | 'dueAt'
    >,
  ) =>
    query
      .with('project', (db) =>
        db
          .selectFrom('projects')
          .select('projects.id')
          .where('projects.org_id', '=', task.orgId)
          .where('projects.id', '=', task.projectId)
          .where('projects.deleted_at', 'is', null)
          .forShare(),
      )
      .insertInto('tasks')
      .columns([
        'org_id',
        'id',
        'project_id',
        'assignee_id',
        'title',
        'description',
        'completed',
        'status',
        'priority',
        'due_at',
      ])
      .expression((db) =>
        db
          .selectFrom('project')
          .select([
            sql<string>`${task.orgId}::uuid`.as('org_id'),
            sql<string>`${task.id}::uuid`.as('id'),
            'project.id as project_id',
            sql<string>`${task.assigneeId}::uuid`.as('assignee_id'),
            sql<string>`${task.title}::text`.as('title'),
            sql<string>`${task.description}::text`.as('description'),
            sql<boolean>`${task.completed}::boolean`.as('completed'),
            sql<string>`${task.status}::text`.as('status'),
            sql<number>`${task.priority}::smallint`.as('priority'),
            sql<Date>`${task.dueAt}::timestamptz`.as('due_at'),
          ]),
      )
      .returning(COLUMNS)
      .compile(),
);

export class TaskStore {
  /** Deleted ones included: who has an id may still look at what is behind it. */
  findByIds(tx: TenantTransaction, ids: readonly string[]): Promise<TaskRow[]> {
    return tx.execute(byIds({ orgId: tx.tenant.orgId, ids }));
  }

  /** The task as it is now, which nobody else can change before this transaction ends. */
  async findAndLock(tx: TenantTransaction, id: string): Promise<TaskRow | null> {
    const rows = await tx.execute(lockedById({ orgId: tx.tenant.orgId, id }));
    return rows[0] ?? null;
  }

  list(
    tx: TenantTransaction,
    condition: TaskCondition,
    order: KeysetOrder,
    request: PageRequest,
  ): Promise<TaskRow[]> {
    return tx.execute(this.#page(tx, condition, order, request).compile());
  }

  listPerParent(
    tx: TenantTransaction,
    parent: TaskParent,
    parentIds: readonly string[],
    condition: TaskCondition,
    order: KeysetOrder,
    request: PageRequest,
  ): Promise<(TaskRow & { parentId: string })[]> {
    const children = this.#page(tx, condition, order, request).where(
      sql<boolean>`${sql.ref(`tasks.${parent}`)} = parent.id`,
    );
    return tx.execute(perParent<TaskRow>(parentIds, sql`${children}`));
  }

  async count(tx: TenantTransaction, condition: TaskCondition): Promise<number> {
    const rows = await tx.execute(
      this.#matching(tx, condition).select(sql<number>`count(*)::int`.as('count')).compile(),
    );
    return rows[0]?.count ?? 0;
  }

  countPerParent(
    tx: TenantTransaction,
    parent: TaskParent,
    parentIds: readonly string[],
    condition: TaskCondition,
  ): Promise<{ parentId: string; count: number }[]> {
    const parentId = sql.ref<string>(`tasks.${parent}`);
    return tx.execute(
      this.#matching(tx, condition)
        .where(parentId, '=', sql<string>`ANY(${parentIds}::uuid[])`)
        .groupBy(parentId)
        .select([parentId.as('parentId'), sql<number>`count(*)::int`.as('count')])
        .compile(),
    );
  }

  /**
   * Puts a task into a project that is there, and stays there until this transaction ends.
   *
   * @returns null when there is no such project, or it is deleted
   */
  async create(
    tx: TenantTransaction,
    task: Pick<
      TaskRow,
      'title' | 'description' | 'projectId' | 'assigneeId' | 'priority' | 'dueAt' | 'status'
    >,
  ): Promise<TaskRow | null> {
    const rows = await tx.execute(
      insertedIntoProject({
        ...task,
        orgId: tx.tenant.orgId,
        id: newUuid(),
        completed: task.status === 'completed',
      }),
    );
    return rows[0] ?? null;
  }

  /**
   * Writes `changes` over a task that is at `version`.
   *
   * @param where.deleted whether the task must be deleted, or must not be
   * @returns the new row; null when there is none in that state and version
   */
  async update(
    tx: TenantTransaction,
    { id, version, deleted }: { id: string; version: number; deleted: boolean },
    changes: TaskChanges,
  ): Promise<TaskRow | null> {
    const { projectId, assigneeId, dueAt, deletedAt, ...same } = withCompleted(changes);
    const rows = await tx.execute(
      query
        .updateTable('tasks')
        .set({
          ...same,
          project_id: projectId,
          assignee_id: assigneeId,
          due_at: dueAt,
          deleted_at: deletedAt,
          version: sql`tasks.version + 1`,
          updated_at: sql`clock_timestamp()`,
        })
        .where('tasks.org_id', '=', tx.tenant.orgId)
        .where('tasks.id', '=', id)
        .where('tasks.version', '=', version)
        .where('tasks.deleted_at', deleted ? 'is not' : 'is', null)
        .returning(COLUMNS)
        .compile(),
    );
    return rows[0] ?? null;
  }

  /** When a task of the project was last deleted; null when none is. */
  async lastDeletion(tx: TenantTransaction, projectId: string): Promise<Date | null> {
    const { _max } = await tx.prisma.task.aggregate({
      where: { projectId },
      _max: { deletedAt: true },
    });
    return _max.deletedAt;
  }

  /** Deletes all tasks of a project that are not deleted yet, as of `deletedAt`. */
  async deleteWithProject(
    tx: TenantTransaction,
    projectId: string,
    deletedAt: Date,
  ): Promise<void> {
    await tx.prisma.task.updateMany({
      where: { projectId, deletedAt: null },
      data: { deletedAt, version: { increment: 1 } },
    });
  }

  /** Brings back the tasks that were deleted together with their project, at `deletedAt`. */
  async restoreWithProject(
    tx: TenantTransaction,
    projectId: string,
    deletedAt: Date,
  ): Promise<void> {
    await tx.prisma.task.updateMany({
      where: { projectId, deletedAt },
      data: { deletedAt: null, version: { increment: 1 } },
    });
  }

  #page(tx: TenantTransaction, condition: TaskCondition, order: KeysetOrder, request: PageRequest) {
    const { condition: beyond, orderBy, limit } = keyset(order, request);
    const page = this.#matching(tx, condition).select(COLUMNS).orderBy(orderBy).limit(limit);
    return beyond ? page.where(beyond) : page;
  }

  #matching(tx: TenantTransaction, condition: TaskCondition) {
    const tasks = query
      .selectFrom('tasks')
      .where('tasks.org_id', '=', tx.tenant.orgId)
      .where('tasks.deleted_at', 'is', null);
    return condition ? tasks.where(condition) : tasks;
  }
}

/** `completed` says again what `status` says; the table insists that both agree. */
function withCompleted<Changes extends TaskChanges>(changes: Changes) {
  if (changes.status === undefined) return changes;
  return { ...changes, completed: changes.status === 'completed' };
}
