import { sql } from 'kysely';
import { newUuid } from '../../shared/ids.js';
import { type KeysetPage, onPage } from '../../shared/keyset.js';
import {
  fixedStatement,
  type Marked,
  markEach,
  shapedStatement,
  type Value,
  value,
} from '../../shared/statements/index.js';
import {
  type model,
  perId,
  perParent,
  query,
  type TenantTransaction,
} from '../../tenancy/index.js';
import { type TaskCriteria, taskCondition } from './task.criteria.js';

export type TaskRow = Omit<model.Task, 'orgId'>;

/** What a list reads only when it is asked for: long texts, and moments, which are dear to write and read. */
export const TASK_COLUMNS_ON_DEMAND = [
  'description',
  'dueAt',
  'createdAt',
  'updatedAt',
  'deletedAt',
] as const;

type OnDemand = (typeof TASK_COLUMNS_ON_DEMAND)[number];

/** A task as a list reads it. */
export type ListedTask = Omit<TaskRow, OnDemand> & Partial<Pick<TaskRow, OnDemand>>;

/** The row that a list of tasks can hang from. */
export type TaskParent = 'project_id' | 'assignee_id';

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

const COLUMN_ON_DEMAND = {
  description: 'tasks.description',
  dueAt: 'tasks.due_at as dueAt',
  createdAt: 'tasks.created_at as createdAt',
  updatedAt: 'tasks.updated_at as updatedAt',
  deletedAt: 'tasks.deleted_at as deletedAt',
} as const satisfies Record<OnDemand, string>;

const COLUMNS = [...LISTED_COLUMNS, ...Object.values(COLUMN_ON_DEMAND)] as const;

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

/** Which tasks that are not deleted; all of them without criteria. */
interface Selection {
  orgId: Value<string>;
  criteria: TaskCriteria | null;
}

/** What a list reads, and which page of it. */
export interface TaskListing {
  /** Null for all that are not deleted. */
  criteria: TaskCriteria | null;
  /** Beside those that every list reads. */
  columns: readonly OnDemand[];
  page: KeysetPage;
}

type Listing = Selection & TaskListing;
type Children = { parent: TaskParent; parentIds: Value<readonly string[]> };

function matching({ orgId, criteria }: Selection) {
  const tasks = query
    .selectFrom('tasks')
    .where('tasks.org_id', '=', sql<string>`${orgId}`)
    .where('tasks.deleted_at', 'is', null);
  return criteria ? tasks.where(taskCondition(criteria)) : tasks;
}

function pageOf(listing: Listing) {
  const columns = listing.columns.map((name) => COLUMN_ON_DEMAND[name]);
  const tasks = matching(listing).select([...LISTED_COLUMNS, ...columns]);
  return onPage(tasks.$castTo<ListedTask>(), listing.page);
}

const listed = shapedStatement((of: Listing) => pageOf(of).compile());

const listedPerParent = shapedStatement((of: Listing & Children) => {
  const children = pageOf(of).where(sql<boolean>`${sql.ref(`tasks.${of.parent}`)} = parent.id`);
  return perParent<ListedTask>(of.parentIds, sql`${children}`);
});

const counted = shapedStatement((of: Selection) =>
  matching(of).select(sql<number>`count(*)::int`.as('count')).compile(),
);

const countedPerParent = shapedStatement((of: Selection & Children) => {
  const parentId = sql.ref<string>(`tasks.${of.parent}`);
  return matching(of)
    .where(parentId, '=', sql<string>`ANY(${of.parentIds}::uuid[])`)
    .groupBy(parentId)
    .select([parentId.as('parentId'), sql<number>`count(*)::int`.as('count')])
    .compile();
});

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
  findByIds(tx: TenantTransaction, ids: readonly string[]): Promise<TaskRow[]> {
    return tx.execute(byIds({ orgId: tx.tenant.orgId, ids }));
  }

  /** The task as it is now, which nobody else can change before this transaction ends. */
  async findAndLock(tx: TenantTransaction, id: string): Promise<TaskRow | null> {
    const rows = await tx.execute(lockedById({ orgId: tx.tenant.orgId, id }));
    return rows[0] ?? null;
  }

  list(tx: TenantTransaction, listing: TaskListing): Promise<ListedTask[]> {
    return tx.execute(listed({ orgId: value(tx.tenant.orgId), ...listing }));
  }

  listPerParent(
    tx: TenantTransaction,
    parent: TaskParent,
    parentIds: readonly string[],
    listing: TaskListing,
  ): Promise<(ListedTask & { parentId: string })[]> {
    const children = { parent, parentIds: value(parentIds) };
    return tx.execute(listedPerParent({ orgId: value(tx.tenant.orgId), ...listing, ...children }));
  }

  async count(tx: TenantTransaction, criteria: TaskCriteria | null): Promise<number> {
    const rows = await tx.execute(counted(select(tx, criteria)));
    return rows[0]?.count ?? 0;
  }

  countPerParent(
    tx: TenantTransaction,
    parent: TaskParent,
    parentIds: readonly string[],
    criteria: TaskCriteria | null,
  ): Promise<{ parentId: string; count: number }[]> {
    const children = { parent, parentIds: value(parentIds) };
    return tx.execute(countedPerParent({ ...select(tx, criteria), ...children }));
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

function select(tx: TenantTransaction, criteria: TaskCriteria | null): Selection {
  return { orgId: value(tx.tenant.orgId), criteria };
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
