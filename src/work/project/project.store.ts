import { type RawBuilder, sql } from 'kysely';
import { type KeysetPage, onPage } from '../../shared/keyset.js';
import {
  fixedStatement,
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

export type ProjectRow = Omit<model.Project, 'orgId'>;

/** What a list reads only when it is asked for: long texts, and moments, which are dear to write and read. */
export const PROJECT_COLUMNS_ON_DEMAND = [
  'description',
  'createdAt',
  'updatedAt',
  'deletedAt',
] as const;

type OnDemand = (typeof PROJECT_COLUMNS_ON_DEMAND)[number];

/** A project as a list reads it. */
export type ListedProject = Omit<ProjectRow, OnDemand> & Partial<Pick<ProjectRow, OnDemand>>;

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

const COLUMN_ON_DEMAND = {
  description: 'projects.description',
  createdAt: 'projects.created_at as createdAt',
  updatedAt: 'projects.updated_at as updatedAt',
  deletedAt: 'projects.deleted_at as deletedAt',
} as const satisfies Record<OnDemand, string>;

const COLUMNS = [...LISTED_COLUMNS, ...Object.values(COLUMN_ON_DEMAND)] as const;

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

/** Which projects that are not deleted. */
interface Selection {
  orgId: Value<string>;
  criteria: ProjectCriteria;
}

/** What a list reads, and which page of it. */
export interface ProjectListing {
  criteria: ProjectCriteria;
  /** Beside those that every list reads. */
  columns: readonly OnDemand[];
  page: KeysetPage;
}

type Listing = Selection & ProjectListing;
type OfOwners = { ownerIds: Value<readonly string[]> };

function matching({ orgId, criteria: { ownerId, text } }: Selection) {
  let projects = query
    .selectFrom('projects')
    .where('projects.org_id', '=', sql<string>`${orgId}`)
    .where('projects.deleted_at', 'is', null);
  if (ownerId) projects = projects.where('projects.owner_id', '=', sql<string>`${ownerId}`);
  if (text) {
    projects = projects.where(
      sql<boolean>`projects.search @@ (SELECT websearch_to_tsquery('english', ${text}))`,
    );
  }
  return projects;
}

function pageOf(listing: Listing) {
  const columns = listing.columns.map((name) => COLUMN_ON_DEMAND[name]);
  const projects = matching(listing).select([...LISTED_COLUMNS, ...columns]);
  return onPage(projects.$castTo<ListedProject>(), listing.page);
}

const listed = shapedStatement((of: Listing) => pageOf(of).compile());

const listedPerOwner = shapedStatement((of: Listing & OfOwners) => {
  const children = pageOf(of).where(sql<boolean>`projects.owner_id = parent.id`);
  return perParent<ListedProject>(of.ownerIds, sql`${children}`);
});

const counted = shapedStatement((of: Selection) =>
  matching(of).select(sql<number>`count(*)::int`.as('count')).compile(),
);

const countedPerOwner = shapedStatement((of: Selection & OfOwners) =>
  matching(of)
    .where('projects.owner_id', '=', sql<string>`ANY(${of.ownerIds}::uuid[])`)
    .groupBy('projects.owner_id')
    .select(['projects.owner_id as parentId', sql<number>`count(*)::int`.as('count')])
    .compile(),
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

  list(tx: TenantTransaction, listing: ProjectListing): Promise<ListedProject[]> {
    return tx.execute(listed({ orgId: value(tx.tenant.orgId), ...listing }));
  }

  listPerOwner(
    tx: TenantTransaction,
    ownerIds: readonly string[],
    listing: ProjectListing,
  ): Promise<(ListedProject & { parentId: string })[]> {
    const owners = { ownerIds: value(ownerIds) };
    return tx.execute(listedPerOwner({ orgId: value(tx.tenant.orgId), ...listing, ...owners }));
  }

  async count(tx: TenantTransaction, criteria: ProjectCriteria): Promise<number> {
    const rows = await tx.execute(counted(select(tx, criteria)));
    return rows[0]?.count ?? 0;
  }

  countPerOwner(
    tx: TenantTransaction,
    ownerIds: readonly string[],
    criteria: ProjectCriteria,
  ): Promise<{ parentId: string; count: number }[]> {
    return tx.execute(countedPerOwner({ ...select(tx, criteria), ownerIds: value(ownerIds) }));
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

function select(tx: TenantTransaction, criteria: ProjectCriteria): Selection {
  return { orgId: value(tx.tenant.orgId), criteria };
}
