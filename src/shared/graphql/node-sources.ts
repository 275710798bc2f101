import { badField } from '../errors.js';
import { type IdPrefix, tryDecodeId } from '../ids.js';

/** How one kind of entity is found by its id, within the caller's organization. */
export interface NodeSource<Context> {
  typeName: string;
  idPrefix: IdPrefix;
  /** The row, or null when the caller's organization has none with this UUID. */
  load(ctx: Context, uuid: string): Promise<object | null>;
  /**
   * Whether the rules about this row let a caller who holds a permission use it on the row. Where it is left
   * out, they do.
   */
  permits?(ctx: Context, row: object, permission: string): boolean | Promise<boolean>;
}

/** A row, and what kind of entity it is. */
export interface FoundNode<Context> {
  source: NodeSource<Context>;
  row: object;
}

/** Every kind of entity that has an id, of all features. */
export class NodeSources<Context> {
  readonly #byPrefix: Map<string, NodeSource<Context>>;

  constructor(sources: NodeSource<Context>[]) {
    this.#byPrefix = new Map(sources.map((source) => [source.idPrefix, source]));
  }

  /**
   * Whatever has this public id.
   *
   * @param path where the id stands in the arguments, for the error
   * @returns null when the caller's organization has nothing with this id
   * @throws BAD_USER_INPUT for what is no id of any kind
   */
  async find(ctx: Context, id: string, path: string): Promise<FoundNode<Context> | null> {
    const decoded = tryDecodeId(id);
    const source = decoded && this.#byPrefix.get(decoded.prefix);
    if (!source) {
      const known = [...this.#byPrefix.keys()].map((prefix) => `${prefix}_…`).join(', ');
      throw badField(path, `Expected an id, which looks like ${known}.`);
    }
    const row = await source.load(ctx, decoded.uuid);
    return row && { source, row };
  }
}
