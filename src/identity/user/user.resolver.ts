import { Arg, Args, Authorized, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { OrderDirection, PageArgs, toPageRequest } from '../../shared/graphql/index.js';
import type { RequestContext } from '../request-context.js';
import type { Permission } from '../roles.js';
import { CreateUserInput, UserFilter, UserOrder, UserOrderField } from './user.input.js';
import type { UserService } from './user.service.js';
import { User, UserConnection } from './user.type.js';

@Resolver(() => User)
export class UserResolver {
  constructor(private readonly service: UserService) {}

  @Authorized()
  @Query(() => User, { nullable: true, description: 'The person who is signed in.' })
  viewer(@Ctx() ctx: RequestContext) {
    return this.service.viewer(ctx);
  }

  @Authorized()
  @Query(() => User, { nullable: true, description: 'One user of the organization.' })
  user(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the user.' }) id: string,
  ) {
    return this.service.get(ctx, id);
  }

  @Authorized()
  @Query(() => UserConnection, { description: 'The users of the organization.' })
  users(
    @Ctx() ctx: RequestContext,
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => UserFilter, { nullable: true, description: 'Which users; all without.' })
    filter: UserFilter | null,
    @Arg('orderBy', () => UserOrder, {
      defaultValue: { field: UserOrderField.CREATED_AT, direction: OrderDirection.ASC },
      description: 'In which order.',
    })
    orderBy: UserOrder,
  ) {
    return this.service.list(ctx, filter, orderBy, toPageRequest(page));
  }

  @Authorized<Permission>('users:write')
  @Mutation(() => User, { nullable: true, description: 'Makes an account in the organization.' })
  createUser(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => CreateUserInput, { description: 'The new account.' })
    input: CreateUserInput,
  ) {
    return this.service.create(ctx, input);
  }
}
