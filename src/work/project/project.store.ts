import { type RawBuilder, sql } from 'kysely';
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

export type ProjectRow = Omit<model.Project, 'orgId'>;

/** Which projects, with decoded ids. */
export interface ProjectSelection {
  ownerId: string | null;
  text: string | null;
}

export interface TaskCountsRow {
  total: number;
  pending: number;
  inProgress: number;
  completed: number;
  overdue: number;
}

const COLUMNS = [
  'projects.id',
  'projects.owner_id as ownerId',
  'projects.name',
  'projects.description',
  'projects.version',
  'projects.created_at as createdAt',
  'projects.updated_at as updatedAt',
  'projects.deleted_at as deletedAt',
] as const;

const byIds = fixedStatement('projects.by-ids', (of: { orgId: string; ids: readonly string[] }) =>
  perId(
    of.ids,
    query
      .selectFrom('projects')
      .select(COLUMNS)
      .where('projects.org_id', '=', of.orgId)
      .where('projects.id', '=', sql<string>`key.id`),
  ),
);

const heldById = fixedStatement('projects.hold', (of: { orgId: string; id: string }) =>
  query
    .selectFrom('projects')
    .select(COLUMNS)
    .where('projects.org_id', '=', of.orgId)
    .where('projects.id', '=', of.id)
    .forShare()
    .compile(),
);

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
  findByIds(tx: TenantTransaction, ids: readonly string[]): Promise<ProjectRow[]> {
    return tx.execute(byIds({ orgId: tx.tenant.orgId, ids }));
  }

  /**
   * A project that stays as it is until this transaction ends. Who puts a task into it reads it this
   * way: a deletion that came in between would miss the task.
   */
  async findAndHold(tx: TenantTransaction, id: string): Promise<ProjectRow | null> {
    const rows = await tx.execute(heldById({ orgId: tx.tenant.orgId, id }));
    return rows[0] ?? null;
  }

  list(
    tx: TenantTransaction,
    selection: ProjectSelection,
    order: KeysetOrder,
    request: PageRequest,
  ): Promise<ProjectRow[]> {
    return tx.execute(this.#page(tx, selection, order, request).compile());
  }

  listPerOwner(
    tx: TenantTransaction,
    ownerIds: readonly string[],
    selection: ProjectSelection,
    order: KeysetOrder,
    request: PageRequest,
  ): Promise<(ProjectRow & { parentId: string })[]> {
    const children = this.#page(tx, selection, order, request).where(
      sql<boolean>`projects.owner_id = parent.id`,
    );
    return tx.execute(perParent<ProjectRow>(ownerIds, sql`${children}`));
  }

  async count(tx: TenantTransaction, selection: ProjectSelection): Promise<number> {
    const rows = await tx.execute(
      this.#matching(tx, selection).select(sql<number>`count(*)::int`.as('count')).compile(),
    );
    return rows[0]?.count ?? 0;
  }

  countPerOwner(
    tx: TenantTransaction,
    ownerIds: readonly string[],
    selection: ProjectSelection,
  ): Promise<{ parentId: string; count: number }[]> {
    return tx.execute(
      this.#matching(tx, selection)
        .where('projects.owner_id', '=', sql<string>`ANY(${ownerIds}::uuid[])`)
        .groupBy('projects.owner_id')
        .select(['projects.owner_id as parentId', sql<number>`count(*)::int`.as('count')])
        .compile(),
    );
  }

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

  #page(
    tx: TenantTransaction,
    selection: ProjectSelection,
    order: KeysetOrder,
    request: PageRequest,
  ) {
    const { condition, orderBy, limit } = keyset(order, request);
    const page = this.#matching(tx, selection).select(COLUMNS).orderBy(orderBy).limit(limit);
    return condition ? page.where(condition) : page;
  }

  #matching(tx: TenantTransaction, { ownerId, text }: ProjectSelection) {
    let projects = query
      .selectFrom('projects')
      .where('projects.org_id', '=', tx.tenant.orgId)
      .where('projects.deleted_at', 'is', null);
    if (ownerId !== null) projects = projects.where('projects.owner_id', '=', ownerId);
    if (text !== null) {
      projects = projects.where(
        sql<boolean>`projects.search @@ (SELECT websearch_to_tsquery('english', ${text}))`,
      );
    }
    return projects;
  }
}
