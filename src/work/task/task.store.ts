import { sql } from 'kysely';
import { newUuid } from '../../shared/ids.js';
import {
  fixedStatement,
  type Marked,
  markEach,
  shapedStatement,
  type Value,
  value,
} from '../../shared/statements/index.js';
import {
  entityList,
  findAndLock,
  findByIds,
  type model,
  query,
  type TenantTransaction,
} from '../../tenancy/index.js';
import { type TaskCriteria, taskCondition } from './task.criteria.js';

export type TaskRow = Omit<model.Task, 'orgId'>;

/** A task as a list reads it. */
export type ListedTask = Omit<TaskRow, OnDemand> & Partial<Pick<TaskRow, OnDemand>>;

type OnDemand = keyof typeof ON_DEMAND;

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

const LISTED_COLUMNS = [
  'tasks.id',
  'tasks.project_id as projectId',
  'tasks.assignee_id as assigneeId',
  'tasks.title',
  'tasks.completed',
  'tasks.status',
  'tasks.priority',
  'tasks.version',
] as const;

const ON_DEMAND = {
  description: 'tasks.description',
  dueAt: 'tasks.due_at as dueAt',
  createdAt: 'tasks.created_at as createdAt',
  updatedAt: 'tasks.updated_at as updatedAt',
  deletedAt: 'tasks.deleted_at as deletedAt',
} as const;

const COLUMNS = [...LISTED_COLUMNS, ...Object.values(ON_DEMAND)] as const;

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

const updated = shapedStatement(
  (of: {
    orgId: Value<string>;
    id: Value<string>;
    version: Value<number>;
    deleted: boolean;
    changes: Marked<ReturnType<typeof withCompleted>>;
  }) =>
    query
      .updateTable('tasks')
      .set({
        title: to(of.changes.title),
        description: to(of.changes.description),
        project_id: to(of.changes.projectId),
        assignee_id: to(of.changes.assigneeId),
        status: to(of.changes.status),
        completed: to(of.changes.completed),
        priority: to(of.changes.priority),
        due_at: to(of.changes.dueAt),
        deleted_at: to(of.changes.deletedAt),
        version: sql`tasks.version + 1`,
        updated_at: sql`clock_timestamp()`,
      })
      .where('tasks.org_id', '=', sql<string>`${of.orgId}`)
      .where('tasks.id', '=', sql<string>`${of.id}`)
      .where('tasks.version', '=', sql<number>`${of.version}`)
      .where('tasks.deleted_at', of.deleted ? 'is not' : 'is', null)
      .returning(COLUMNS)
      .compile(),
);

export class TaskStore {
  /** Deleted ones included: who has an id may still look at what is behind it. */
  readonly findByIds = findByIds('tasks', COLUMNS);

  /** The task as it is now, which nobody else can change before this transaction ends. */
  readonly findAndLock = findAndLock('tasks', COLUMNS);

  readonly list = entityList({
    table: 'tasks',
    columns: LISTED_COLUMNS,
    onDemand: ON_DEMAND,
    orders: {
      CREATED_AT: { column: 'tasks.created_at', type: 'timestamp', property: 'createdAt' },
      DUE_AT: { column: 'tasks.due_at', type: 'timestamp', nullable: true, property: 'dueAt' },
      PRIORITY: { column: 'tasks.priority', type: 'integer', property: 'priority' },
      TITLE: { column: 'tasks.title', type: 'text', property: 'title' },
      UPDATED_AT: { column: 'tasks.updated_at', type: 'timestamp', property: 'updatedAt' },
    },
    matching: (rows, criteria: TaskCriteria | null) => {
      const tasks = rows.where('tasks.deleted_at', 'is', null);
      return criteria ? tasks.where(taskCondition(criteria)) : tasks;
    },
  });

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
    const rows = await tx.execute(
      updated({
        orgId: value(tx.tenant.orgId),
        id: value(id),
        version: value(version),
        deleted,
        changes: markEach(withCompleted(changes)),
      }),
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

  /** Lets nobody do the tasks that this user was to do, deleted ones too. */
  async unassign(tx: TenantTransaction, assigneeId: string): Promise<void> {
    await tx.prisma.task.updateMany({
      where: { assigneeId },
      data: { assigneeId: null, version: { increment: 1 } },
    });
  }
}

/** `completed` says again what `status` says; the table insists that both agree. */
function withCompleted(changes: TaskChanges): TaskChanges & { completed?: boolean } {
  if (changes.status === undefined) return changes;
  return { ...changes, completed: changes.status === 'completed' };
}

/** What a column is set to; one that is to stay as it is has no value. */
function to<T>(content: Value<T> | undefined) {
  return content && sql<T>`${content}`;
}
