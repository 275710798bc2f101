import { Arg, Authorized, Ctx, ID, Query, Resolver } from 'type-graphql';
import { badField, notFound } from '../errors.js';
import { type IdPrefix, tryDecodeId } from '../ids.js';
import { MAX_PAGE_SIZE } from '../page.js';
import { Node } from './node.type.js';

/** How one kind of entity is found by its id, within the caller's organization. */
export interface NodeSource<Context> {
  typeName: string;
  idPrefix: IdPrefix;
  /** The row, or null when the caller's organization has none with this UUID. */
  load(ctx: Context, uuid: string): Promise<object | null>;
}

/** `node` and `nodes`: any entity by its public id. */
@Resolver()
export class NodeResolver<Context> {
  readonly #sources: Map<string, NodeSource<Context>>;

  constructor(sources: NodeSource<Context>[]) {
    this.#sources = new Map(sources.map((source) => [source.idPrefix, source]));
  }

  @Authorized()
  @Query(() => Node, { nullable: true, description: 'Anything by its id.' })
  async node(
    @Ctx() ctx: Context,
    @Arg('id', () => ID, { description: 'The id of what is wanted.' }) id: string,
  ): Promise<object> {
    const node = await this.#load(ctx, id, 'id');
    if (!node) throw notFound(id);
    return node;
  }

  @Authorized()
  @Query(() => [Node], {
    nullable: 'items',
    description: 'Many by their ids, in the order of the ids; null where there is none.',
  })
  async nodes(
    @Ctx() ctx: Context,
    @Arg('ids', () => [ID], { description: `At most ${MAX_PAGE_SIZE} ids.` }) ids: string[],
  ): Promise<(object | null)[]> {
    if (ids.length > MAX_PAGE_SIZE) {
      throw badField('ids', `At most ${MAX_PAGE_SIZE} at a time.`);
    }
    return Promise.all(ids.map((id, index) => this.#load(ctx, id, `ids.${index}`)));
  }

  async #load(ctx: Context, id: string, path: string): Promise<object | null> {
    const decoded = tryDecodeId(id);
    const source = decoded && this.#sources.get(decoded.prefix);
    if (!source) {
      const known = [...this.#sources.keys()].map((prefix) => `${prefix}_…`).join(', ');
      throw badField(path, `Expected an id, which looks like ${known}.`);
    }
    const row = await source.load(ctx, decoded.uuid);
    return row && { ...row, __typename: source.typeName };
  }
}
