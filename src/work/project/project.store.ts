import { type RawBuilder, sql } from 'kysely';
import { fixedStatement, type Value } from '../../shared/statements/index.js';
import {
  entityList,
  findAndHold,
  findByIds,
  type model,
  query,
  type TenantTransaction,
} from '../../tenancy/index.js';

export type ProjectRow = Omit<model.Project, 'orgId'>;

/** A project as a list reads it. */
export type ListedProject = Omit<ProjectRow, OnDemand> & Partial<Pick<ProjectRow, OnDemand>>;

type OnDemand = keyof typeof ON_DEMAND;

/** Which projects, checked and ready for a statement. All that is there must hold. */
export interface ProjectCriteria {
  ownerId?: Value<string>;
  text?: Value<string>;
}

export interface TaskCountsRow {
  total: number;
  pending: number;
  inProgress: number;
  completed: number;
  overdue: number;
}

const LISTED_COLUMNS = [
  'projects.id',
  'projects.owner_id as ownerId',
  'projects.name',
  'projects.version',
] as const;

const ON_DEMAND = {
  description: 'projects.description',
  createdAt: 'projects.created_at as createdAt',
  updatedAt: 'projects.updated_at as updatedAt',
  deletedAt: 'projects.deleted_at as deletedAt',
} as const;

const COLUMNS = [...LISTED_COLUMNS, ...Object.values(ON_DEMAND)] as const;

const countsOfTasks = fixedStatement(
  'projects.task-counts',
  (of: { orgId: string; projectIds: readonly string[] }) => {
    const counted = (condition: RawBuilder<unknown>) =>
      sql<number>`(count(*) FILTER (WHERE ${condition}))::int`;
    return query
      .selectFrom('tasks')
      .where('tasks.org_id', '=', of.orgId)
      .where('tasks.project_id', '=', sql<string>`ANY(${of.projectIds}::uuid[])`)
      .where('tasks.deleted_at', 'is', null)
      .groupBy('tasks.project_id')
      .select([
        'tasks.project_id as projectId',
        sql<number>`count(*)::int`.as('total'),
        counted(sql`tasks.status = 'pending'`).as('pending'),
        counted(sql`tasks.status = 'in_progress'`).as('inProgress'),
        counted(sql`tasks.status = 'completed'`).as('completed'),
        counted(sql`NOT tasks.completed AND tasks.due_at < now()`).as('overdue'),
      ])
      .compile();
  },
);

export class ProjectStore {
  /** Deleted ones included: who has an id may still look at what is behind it. */
  readonly findByIds = findByIds('projects', COLUMNS);

  /**
   * A project that stays as it is until this transaction ends. Who puts a task into it reads it this
   * way: a deletion that came in between would miss the task.
   */
  readonly findAndHold = findAndHold('projects', COLUMNS);

  readonly list = entityList({
    table: 'projects',
    columns: LISTED_COLUMNS,
    onDemand: ON_DEMAND,
    orders: {
      CREATED_AT: { column: 'projects.created_at', type: 'timestamp', property: 'createdAt' },
      NAME: { column: 'projects.name', type: 'text', property: 'name' },
    },
    matching: (rows, { ownerId, text }: ProjectCriteria) => {
      let projects = rows.where('projects.deleted_at', 'is', null);
      if (ownerId) projects = projects.where('projects.owner_id', '=', sql<string>`${ownerId}`);
      if (text) {
        projects = projects.where(
          sql<boolean>`projects.search @@ (SELECT websearch_to_tsquery('english', ${text}))`,
        );
      }
      return projects;
    },
  });

  taskCounts(
    tx: TenantTransaction,
    projectIds: readonly string[],
  ): Promise<(TaskCountsRow & { projectId: string })[]> {
    return tx.execute(countsOfTasks({ orgId: tx.tenant.orgId, projectIds }));
  }

  create(
    tx: TenantTransaction,
    project: Pick<ProjectRow, 'name' | 'description' | 'ownerId'>,
  ): Promise<ProjectRow> {
    return tx.prisma.project.create({ data: project });
  }

  /**
   * Writes `changes` over a project that is at `version`.
   *
   * @param where.deleted whether the project must be deleted, or must not be
   * @returns the new row; null when there is none in that state and version
   */
  async update(
    tx: TenantTransaction,
    { id, version, deleted }: { id: string; version: number; deleted: boolean },
    changes: Partial<Pick<ProjectRow, 'name' | 'description' | 'ownerId' | 'deletedAt'>>,
  ): Promise<ProjectRow | null> {
    const rows = await tx.prisma.project.updateManyAndReturn({
      where: { id, version, deletedAt: deleted ? { not: null } : null },
      data: { ...changes, version: { increment: 1 } },
    });
    return rows[0] ?? null;
  }

  /** Whether this user owns a project; a deleted one counts. */
  async hasOwner(tx: TenantTransaction, ownerId: string): Promise<boolean> {
    const project = await tx.prisma.project.findFirst({ where: { ownerId }, select: { id: true } });
    return project !== null;
  }

  /** Gives all projects of one user to another, deleted ones too. */
  async handOver(tx: TenantTransaction, ownerId: string, newOwnerId: string): Promise<void> {
    await tx.prisma.project.updateMany({
      where: { ownerId },
      data: { ownerId: newOwnerId, version: { increment: 1 } },
    });
  }
}
