import {
  Arg,
  Args,
  Authorized,
  Ctx,
  FieldResolver,
  Mutation,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { FilterArg, OrderArg, PageArgs, toPageRequest } from '../../shared/graphql/index.js';
import type { RequestContext } from '../request-context.js';
import { UserLoader } from '../user/user.loader.js';
import { User } from '../user/user.type.js';
import {
  ApiKeyFilter,
  ApiKeyOrder,
  CreateApiKeyInput,
  RevokeApiKeyInput,
} from './api-key.input.js';
import type { ApiKeyService } from './api-key.service.js';
import type { ApiKeyRow } from './api-key.store.js';
import { ApiKey, ApiKeyConnection, CreatedApiKey } from './api-key.type.js';

@Resolver(() => ApiKey)
export class ApiKeyResolver {
  constructor(private readonly service: ApiKeyService) {}

  @Authorized()
  @Query(() => ApiKeyConnection, {
    description:
      "The caller's own keys, newest first; with `credentials:write`, those of everybody in the organization.",
  })
  apiKeys(
    @Ctx() ctx: RequestContext,
    @Args(() => PageArgs) page: PageArgs,
    @FilterArg(ApiKeyFilter, 'keys') filter: ApiKeyFilter | null,
    @OrderArg(ApiKeyOrder) orderBy: ApiKeyOrder,
  ) {
    return this.service.list(ctx, filter, orderBy, toPageRequest(page));
  }

  @Authorized()
  @Mutation(() => CreatedApiKey, {
    nullable: true,
    description:
      'Makes a key that acts for the caller, who has signed in: no key makes another one.',
  })
  createApiKey(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => CreateApiKeyInput, { description: 'The new key.' })
    input: CreateApiKeyInput,
  ) {
    return this.service.create(ctx, input);
  }

  @Authorized()
  @Mutation(() => ApiKey, {
    nullable: true,
    description:
      "Ends a key at once: one of the caller's own, or with `credentials:write` anybody's. Gives it as it was.",
  })
  revokeApiKey(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => RevokeApiKeyInput, { description: 'Which key.' })
    input: RevokeApiKeyInput,
  ) {
    return this.service.revoke(ctx, input);
  }

  @FieldResolver(() => User, { nullable: true, description: 'Whom the key acts for.' })
  user(@Ctx() ctx: RequestContext, @Root() { userId }: ApiKeyRow) {
    return ctx.use(UserLoader).byId.load(userId);
  }
}
