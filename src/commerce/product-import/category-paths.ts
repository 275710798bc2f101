import type { TenantTransaction } from '../../tenancy/index.js';
import type { FoundCategory, ProductImportStore } from './product-import.store.js';

/** The categories that a file names, each looked up once. They stay until the transaction ends. */
export class CategoryPaths {
  readonly #store: ProductImportStore;
  /** By slug, which is unique in an organization; null for those that are not there. */
  readonly #found = new Map<string, FoundCategory | null>();

  constructor(store: ProductImportStore) {
    this.#store = store;
  }

  async load(tx: TenantTransaction, paths: Iterable<string>): Promise<void> {
    const slugs = new Set<string>();
    for (const path of paths) {
      for (const slug of path.split('/')) if (!this.#found.has(slug)) slugs.add(slug);
    }
    if (slugs.size === 0) return;
    for (const slug of slugs) this.#found.set(slug, null);
    const found = await this.#store.categoriesBySlug(tx, [...slugs].sort());
    for (const category of found) this.#found.set(category.slug, category);
  }

  /**
   * The UUID of the category at a path that was loaded: its slug alone, or those of all above it too, from the
   * top down.
   *
   * @returns undefined when there is none
   */
  find(path: string): string | undefined {
    const slugs = path.split('/');
    const categories = slugs.map((slug) => this.#found.get(slug) ?? null);
    if (slugs.length === 1) return categories[0]?.id;
    let parentId: string | null = null;
    for (const category of categories) {
      if (category?.parentId !== parentId) return undefined;
      parentId = category.id;
    }
    return parentId ?? undefined;
  }
}
