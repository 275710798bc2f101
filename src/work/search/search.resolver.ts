import { Arg, Args, Authorized, Ctx, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../../identity/index.js';
import { PageArgs, toPageRequest } from '../../shared/graphql/index.js';
import type { SearchService } from './search.service.js';
import { SearchResultConnection } from './search.type.js';

@Resolver()
export class SearchResolver {
  constructor(private readonly service: SearchService) {}

  @Authorized()
  @Query(() => SearchResultConnection, {
    description: 'Tasks and projects that have these words, best fit first.',
  })
  search(
    @Ctx() ctx: RequestContext,
    @Arg('text', () => String, {
      description:
        'Words, in the syntax of a web search: "quoted phrases", or, -without. 1 to 200 characters.',
    })
    text: string,
    @Args(() => PageArgs) page: PageArgs,
  ) {
    return this.service.search(ctx, text, toPageRequest(page));
  }
}
