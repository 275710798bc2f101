import { sql } from 'kysely';
import { alreadyExists } from '../../shared/errors.js';
import {
  fixedStatement,
  shapedStatement,
  type Value,
  value,
} from '../../shared/statements/index.js';
import {
  type DB,
  entityList,
  findAndKeep,
  findAndLock,
  findByIds,
  isUniqueViolation,
  type model,
  query,
  type TenantTransaction,
} from '../../tenancy/index.js';
import { lineage, subtree } from './category-tree.js';

export type CategoryRow = Omit<model.Category, 'orgId'>;

/** A category as a list reads it. */
export type ListedCategory = Omit<CategoryRow, OnDemand> & Partial<Pick<CategoryRow, OnDemand>>;

type OnDemand = keyof typeof ON_DEMAND;

/** Which categories, checked and ready for a statement. All that is there must hold. */
export interface CategoryCriteria {
  parentId?: Value<string>;
  topLevel?: boolean;
  /** In lower case. */
  search?: Value<string>;
}

const LISTED_COLUMNS = [
  'categories.id',
  'categories.parent_id as parentId',
  'categories.name',
  'categories.slug',
  'categories.position',
  'categories.version',
] as const;

const ON_DEMAND = {
  createdAt: 'categories.created_at as createdAt',
  updatedAt: 'categories.updated_at as updatedAt',
} as const;

const COLUMNS = [...LISTED_COLUMNS, ...Object.values(ON_DEMAND)] as const;

const lineages = fixedStatement(
  'categories.lineages',
  (of: { orgId: string; ids: readonly string[] }) => {
    const categories = sql<DB['categories'] & { of_id: string; height: number }>`lineage`;
    const rows = query
      .selectFrom(categories.as('categories'))
      .select([...COLUMNS, 'categories.of_id as ofId'])
      .orderBy('categories.of_id')
      .orderBy('categories.height', 'desc');
    const lines = lineage(of.orgId, sql`unnest(${of.ids}::uuid[])`);
    return sql<CategoryRow & { ofId: string }>`WITH RECURSIVE ${lines} ${rows}`.compile(query);
  },
);

const levelsOfSubtree = fixedStatement(
  'categories.levels-of-subtree',
  (of: { orgId: string; id: string }) =>
    sql<{ levels: number }>`
      ${subtree(of.orgId, of.id)}
      SELECT coalesce(max(subtree.level), 0) AS levels FROM subtree`.compile(query),
);

const takenSlugs = fixedStatement(
  'categories.taken-slugs',
  (of: { orgId: string; slugs: readonly string[] }) => {
    const category = query
      .selectFrom('categories')
      .select('categories.slug')
      .where('categories.org_id', '=', of.orgId)
      .where('categories.slug', '=', sql<string>`key.slug`)
      .limit(1);
    return sql<{ slug: string }>`
      SELECT taken.slug FROM unnest(${of.slugs}::text[]) AS key (slug)
      CROSS JOIN LATERAL (${category}) AS taken`.compile(query);
  },
);

interface Siblings {
  orgId: Value<string>;
  /** Null at the top. */
  parentId: Value<string> | null;
}

const lastPositions = shapedStatement((of: Siblings) =>
  query
    .selectFrom('categories')
    .select(['categories.id', 'categories.position'])
    .where('categories.org_id', '=', sql<string>`${of.orgId}`)
    .where(isBelow(of))
    .orderBy('categories.position', 'desc')
    .orderBy('categories.id', 'desc')
    // One of them may be the category that is asked for.
    .limit(2)
    .compile(),
);

const movedBack = shapedStatement((of: Siblings & { from: Value<number>; by: Value<number> }) =>
  query
    .updateTable('categories')
    .set({ position: sql<number>`categories.position + ${of.by}::int` })
    .where('categories.org_id', '=', sql<string>`${of.orgId}`)
    .where(isBelow(of))
    .where('categories.position', '>=', sql<number>`${of.from}::int`)
    .compile(),
);

function isBelow({ parentId }: Siblings) {
  return parentId === null
    ? sql<boolean>`categories.parent_id IS NULL`
    : sql<boolean>`categories.parent_id = ${parentId}::uuid`;
}

export class CategoryStore {
  readonly findByIds = findByIds('categories', COLUMNS);

  /**
   * A category that is there until this transaction ends. Who puts products into it reads it this way, before
   * it touches one of them: in this order a removal locks them as well.
   */
  readonly findAndKeep = findAndKeep('categories', COLUMNS);

  /** A category that nobody puts anything into, or changes, before this transaction ends. */
  readonly findAndLock = findAndLock('categories', COLUMNS);

  readonly list = entityList({
    table: 'categories',
    columns: LISTED_COLUMNS,
    onDemand: ON_DEMAND,
    orders: {
      POSITION: { column: 'categories.position', type: 'integer', property: 'position' },
      NAME: { column: 'categories.name', type: 'text', property: 'name' },
    },
    matching: (rows, { parentId, topLevel, search }: CategoryCriteria) => {
      let categories = rows;
      if (parentId) {
        categories = categories.where('categories.parent_id', '=', sql<string>`${parentId}`);
      }
      if (topLevel !== undefined) {
        categories = categories.where('categories.parent_id', topLevel ? 'is' : 'is not', null);
      }
      if (search) {
        categories = categories.where(
          sql<boolean>`strpos(lower(categories.name), ${search}::text) > 0`,
        );
      }
      return categories;
    },
  });

  /** Of each, the category itself behind all that it stands below, from the top; `ofId` says whose row it is. */
  findLineages(
    tx: TenantTransaction,
    ids: readonly string[],
  ): Promise<(CategoryRow & { ofId: string })[]> {
    return tx.execute(lineages({ orgId: tx.tenant.orgId, ids }));
  }

  /** How many levels a category and what is below it take; 0 when it is not there. */
  async countLevels(tx: TenantTransaction, id: string): Promise<number> {
    const rows = await tx.execute(levelsOfSubtree({ orgId: tx.tenant.orgId, id }));
    return rows[0]?.levels ?? 0;
  }

  /** Of these slugs, those that a category has. */
  async findTakenSlugs(tx: TenantTransaction, slugs: readonly string[]): Promise<string[]> {
    const rows = await tx.execute(takenSlugs({ orgId: tx.tenant.orgId, slugs }));
    return rows.map(({ slug }) => slug);
  }

  /**
   * The position of the last of some siblings; null where there are none.
   *
   * @param parentId null at the top
   * @param besides a category that does not count
   */
  async lastPosition(
    tx: TenantTransaction,
    parentId: string | null,
    besides?: string,
  ): Promise<number | null> {
    const rows = await tx.execute(lastPositions(siblings(tx, parentId)));
    return rows.find(({ id }) => id !== besides)?.position ?? null;
  }

  /**
   * Moves the siblings at position `from` and behind it back. To whoever has read one of them it has not changed: its
   * place among the others is the same, and so is its version.
   */
  async moveBack(
    tx: TenantTransaction,
    parentId: string | null,
    { from, by }: { from: number; by: number },
  ): Promise<void> {
    await tx.execute(movedBack({ ...siblings(tx, parentId), from: value(from), by: value(by) }));
  }

  /** @throws ALREADY_EXISTS when another category has the slug */
  create(
    tx: TenantTransaction,
    category: Pick<CategoryRow, 'name' | 'slug' | 'parentId' | 'position'>,
  ): Promise<CategoryRow> {
    return naming(() => tx.prisma.category.create({ data: category, omit: { orgId: true } }));
  }

  /**
   * Writes `changes` over a category that is at `version`.
   *
   * @returns the new row; null when there is none of that version
   * @throws ALREADY_EXISTS when another category has the slug
   */
  async update(
    tx: TenantTransaction,
    { id, version }: { id: string; version: number },
    changes: Partial<Pick<CategoryRow, 'name' | 'slug' | 'parentId' | 'position'>>,
  ): Promise<CategoryRow | null> {
    const rows = await naming(() =>
      tx.prisma.category.updateManyAndReturn({
        where: { id, version },
        data: { ...changes, version: { increment: 1 } },
        omit: { orgId: true },
      }),
    );
    return rows[0] ?? null;
  }

  /** Puts all children of one category below another, or at the top, as much further back as is said. */
  async moveChildren(
    tx: TenantTransaction,
    id: string,
    { parentId, by }: { parentId: string | null; by: number },
  ): Promise<void> {
    await tx.prisma.category.updateMany({
      where: { parentId: id },
      data: { parentId, position: { increment: by }, version: { increment: 1 } },
    });
  }

  /** Removes a category that nothing refers to any more. */
  async delete(tx: TenantTransaction, id: string): Promise<void> {
    await tx.prisma.category.deleteMany({ where: { id } });
  }
}

function siblings(tx: TenantTransaction, parentId: string | null): Siblings {
  return { orgId: value(tx.tenant.orgId), parentId: parentId === null ? null : value(parentId) };
}

async function naming<Result>(write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    if (!isUniqueViolation(error, 'categories_org_id_slug_key')) throw error;
    throw alreadyExists('input.slug', 'Another category has this slug. Take another one.');
  }
}
