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
import { OrderArg, PageArgs, toPageRequest } from '../../shared/graphql/index.js';
import type { RequestContext } from '../request-context.js';
import type { Permission } from '../roles.js';
import { UserLoader } from '../user/user.loader.js';
import { User } from '../user/user.type.js';
import {
  CreatePublishableKeyInput,
  PublishableKeyOrder,
  RevokePublishableKeyInput,
} from './publishable-key.input.js';
import type { PublishableKeyService } from './publishable-key.service.js';
import type { PublishableKeyRow } from './publishable-key.store.js';
import {
  CreatedPublishableKey,
  PublishableKey,
  PublishableKeyConnection,
} from './publishable-key.type.js';

@Resolver(() => PublishableKey)
export class PublishableKeyResolver {
  constructor(private readonly service: PublishableKeyService) {}

  @Authorized<Permission>('credentials:write')
  @Query(() => PublishableKeyConnection, {
    description: "The organization's publishable keys, newest first.",
  })
  publishableKeys(
    @Ctx() ctx: RequestContext,
    @Args(() => PageArgs) page: PageArgs,
    @OrderArg(PublishableKeyOrder) orderBy: PublishableKeyOrder,
  ) {
    return this.service.list(ctx, orderBy, toPageRequest(page));
  }

  @Authorized<Permission>('credentials:write')
  @Mutation(() => CreatedPublishableKey, {
    nullable: true,
    description: 'Makes a key with which guests of a shop see what is for sale.',
  })
  createPublishableKey(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => CreatePublishableKeyInput, { description: 'The new key.' })
    input: CreatePublishableKeyInput,
  ) {
    return this.service.create(ctx, input);
  }

  @Authorized<Permission>('credentials:write')
  @Mutation(() => PublishableKey, {
    nullable: true,
    description: 'Ends a key at once: its guests are refused. Gives it as it was.',
  })
  revokePublishableKey(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => RevokePublishableKeyInput, { description: 'Which key.' })
    input: RevokePublishableKeyInput,
  ) {
    return this.service.revoke(ctx, input);
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: 'Who made the key; null for somebody who was removed since.',
  })
  createdBy(@Ctx() ctx: RequestContext, @Root() { createdBy }: PublishableKeyRow) {
    return ctx.use(UserLoader).byId.load(createdBy);
  }
}
