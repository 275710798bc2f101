import { lockOrganization, type RequestContext } from '../../identity/index.js';
import { badField, notFound, versionConflict } from '../../shared/errors.js';
import { decodeId, encodeId } from '../../shared/ids.js';
import type { Page } from '../../shared/page.js';
import { lockCatalogNames } from '../product/catalog-names.lock.js';
import type { ProductStore } from '../product/product.store.js';
import type {
  CategoryVersionInput,
  CreateCategoryInput,
  MoveCategoryInput,
  UpdateCategoryInput,
} from './category.input.js';
import type { CategoryList } from './category.list.js';
import { CategoryLoader } from './category.loader.js';
import type { CategoryRow, CategoryStore, ListedCategory } from './category.store.js';
import { firstFree, slugOf } from './category-slug.js';
import { MOST_LEVELS } from './category-tree.js';

/**
 * Changes of one organization's categories go on one after the other. What the tree must not become, such as a ring or
 * too deep, can be seen of no row alone; and two changes, each good by itself, may make it so together.
 */
export class CategoryService {
  readonly #categories: CategoryStore;
  readonly #products: ProductStore;

  constructor(categories: CategoryStore, products: ProductStore) {
    this.#categories = categories;
    this.#products = products;
  }

  /** @throws NOT_FOUND, BAD_USER_INPUT */
  async get(ctx: RequestContext, id: string): Promise<CategoryRow> {
    const category = await ctx.use(CategoryLoader).byId.load(decodeId('cat', id, 'id'));
    if (!category) throw notFound(id);
    return category;
  }

  list(ctx: RequestContext, list: CategoryList): Promise<Page<ListedCategory>> {
    return this.#categories.list.page(ctx.tx, list);
  }

  /**
   * @throws NOT_FOUND for a parent that is not there; BAD_USER_INPUT when the tree would be too deep; ALREADY_EXISTS
   *   when another category has the slug
   */
  async create(ctx: RequestContext, input: CreateCategoryInput): Promise<CategoryRow> {
    await lockOrganization(ctx);
    const { name } = input;
    const parentId = await this.#requireParent(ctx, input.parentId ?? null, { levels: 1 });
    const findTaken = (slugs: string[]) => this.#categories.findTakenSlugs(ctx.tx, slugs);
    const slug = input.slug ?? (await firstFree(slugOf(name), findTaken));
    const position = await this.#makeRoom(ctx, parentId, input);
    return this.#categories.create(ctx.tx, { name, slug, parentId, position });
  }

  /** @throws VERSION_CONFLICT, NOT_FOUND; ALREADY_EXISTS when another category has the slug */
  async update(ctx: RequestContext, input: UpdateCategoryInput): Promise<CategoryRow> {
    await lockOrganization(ctx);
    const { id: publicId, version, ...changes } = input;
    const id = decodeId('cat', publicId, 'input.id');
    const row = await this.#categories.update(ctx.tx, { id, version }, changes);
    return row ?? this.#refuse(ctx, input);
  }

  /**
   * Moves a category with all that is below it.
   *
   * @throws VERSION_CONFLICT; NOT_FOUND, also for a parent that is not there; BAD_USER_INPUT when it would stand below
   *   itself, or the tree would be too deep
   */
  async move(ctx: RequestContext, input: MoveCategoryInput): Promise<CategoryRow> {
    await lockOrganization(ctx);
    const id = decodeId('cat', input.id, 'input.id');
    const [category] = await this.#categories.findByIds(ctx.tx, [id]);
    if (category?.version !== input.version) return this.#refuse(ctx, input);
    const parentId =
      input.parentId === undefined
        ? category.parentId
        : await this.#requireParent(ctx, input.parentId, {
            levels: await this.#categories.countLevels(ctx.tx, id),
            id,
          });
    const position = await this.#makeRoom(ctx, parentId, { ...input, id });
    const key = { id, version: input.version };
    const row = await this.#categories.update(ctx.tx, key, { parentId, position });
    return row ?? this.#refuse(ctx, input);
  }

  /**
   * Removes a category. What is in it moves up: its children take its place, in their order, and its products are its
   * parent's, or nowhere.
   *
   * @returns the category as it was
   * @throws VERSION_CONFLICT, NOT_FOUND, BAD_USER_INPUT
   */
  async remove(ctx: RequestContext, input: CategoryVersionInput): Promise<CategoryRow> {
    // Before the organization: while an import is waited for, changes of its people and roles go on.
    await lockCatalogNames(ctx.tx);
    await lockOrganization(ctx);
    const id = decodeId('cat', input.id, 'input.id');
    // Whoever puts a product into it at this moment is waited for, so that none is missed.
    const category = await this.#categories.findAndLock(ctx.tx, id);
    if (category?.version !== input.version) return this.#refuse(ctx, input);
    const { parentId, position } = category;
    const last = await this.#categories.lastPosition(ctx.tx, id);
    if (last !== null) {
      await this.#categories.moveBack(ctx.tx, parentId, { from: position + 1, by: last });
      await this.#categories.moveChildren(ctx.tx, id, { parentId, by: position });
    }
    await this.#products.moveToCategory(ctx.tx, id, parentId);
    await this.#categories.delete(ctx.tx, id);
    return category;
  }

  /**
   * The UUID of a category that `levels` levels can stand below; null for the top.
   *
   * @param moved.id what is to stand there, when it is in the tree already
   */
  async #requireParent(
    ctx: RequestContext,
    publicId: string | null,
    moved: { levels: number; id?: string },
  ): Promise<string | null> {
    if (publicId === null) return null;
    const path = 'input.parentId';
    const parentId = decodeId('cat', publicId, path);
    const lineage = await this.#categories.findLineages(ctx.tx, [parentId]);
    if (lineage.length === 0) throw notFound(publicId);
    if (lineage.some(({ id }) => id === moved.id)) {
      throw badField(
        path,
        'A category cannot stand below itself. Take one that is neither this one nor below it.',
      );
    }
    if (lineage.length + moved.levels > MOST_LEVELS) {
      throw badField(
        path,
        `Categories have at most ${MOST_LEVELS} levels; ${lineage.length} up to this one and ${moved.levels} below it are too many. Take one that is further up.`,
      );
    }
    return parentId;
  }

  /** The position that a category gets among its siblings, and that nobody has any more. */
  async #makeRoom(
    ctx: RequestContext,
    parentId: string | null,
    { id, position }: { id?: string; position?: number | null },
  ): Promise<number> {
    const last = await this.#categories.lastPosition(ctx.tx, parentId, id);
    const behind = last === null ? 0 : last + 1;
    if (position == null || position >= behind) return behind;
    await this.#categories.moveBack(ctx.tx, parentId, { from: position, by: 1 });
    return position;
  }

  async #refuse(ctx: RequestContext, { id }: { id: string }): Promise<never> {
    const [row] = await this.#categories.findByIds(ctx.tx, [decodeId('cat', id, 'input.id')]);
    throw row ? versionConflict(row.version, presentCategory(row)) : notFound(id);
  }
}

/** A category as the API shows it, for `extensions.current` of a conflict. */
function presentCategory({ parentId, ...category }: CategoryRow): object {
  return {
    ...category,
    id: encodeId('cat', category.id),
    parentId: parentId && encodeId('cat', parentId),
  };
}
