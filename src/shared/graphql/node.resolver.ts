import { Arg, Authorized, Ctx, ID, Query, Resolver } from 'type-graphql';
import { badField, notFound } from '../errors.js';
import { MAX_PAGE_SIZE } from '../page.js';
import { Node } from './node.type.js';
import type { NodeSources } from './node-sources.js';

/** `node` and `nodes`: any entity by its public id. */
@Resolver()
export class NodeResolver<Context> {
  readonly #sources: NodeSources<Context>;

  constructor(sources: NodeSources<Context>) {
    this.#sources = sources;
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
    const node = await this.#sources.find(ctx, id, path);
    return node && { ...node.row, __typename: node.source.typeName };
  }
}
