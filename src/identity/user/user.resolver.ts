import {
  Arg,
  Args,
  Authorized,
  Ctx,
  FieldResolver,
  ID,
  Int,
  Mutation,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { FilterArg, OrderArg, PageArgs, toPageRequest } from '../../shared/graphql/index.js';
import type { RequestContext } from '../request-context.js';
import { permissionsOfUser, RoleLoader } from '../role/role.loader.js';
import { Role } from '../role/role.type.js';
import type { Permission } from '../roles.js';
import {
  ChangePasswordInput,
  ChangeUserRoleInput,
  CreateUserInput,
  DisableUserInput,
  EnableUserInput,
  RemoveUserInput,
  SignOutUserInput,
  UpdateProfileInput,
  UserFilter,
  UserOrder,
} from './user.input.js';
import type { UserService } from './user.service.js';
import type { UserRow } from './user.store.js';
import { User, UserConnection } from './user.type.js';
import type { UserAdministrationService } from './user-administration.service.js';

@Resolver(() => User)
export class UserResolver {
  constructor(
    private readonly service: UserService,
    private readonly administration: UserAdministrationService,
  ) {}

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
    @FilterArg(UserFilter, 'users') filter: UserFilter | null,
    @OrderArg(UserOrder) orderBy: UserOrder,
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

  @Authorized()
  @Mutation(() => User, { nullable: true, description: "Changes the caller's own account." })
  updateProfile(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => UpdateProfileInput, { description: 'What changes.' })
    input: UpdateProfileInput,
  ) {
    return this.service.updateProfile(ctx, input);
  }

  @Authorized()
  @Mutation(() => User, {
    nullable: true,
    description: "Changes the caller's own password, and ends their other sessions at once.",
  })
  changePassword(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => ChangePasswordInput, { description: 'The old password and the new one.' })
    input: ChangePasswordInput,
  ) {
    return this.service.changePassword(ctx, input);
  }

  @Authorized<Permission>('users:write')
  @Mutation(() => User, {
    nullable: true,
    description:
      'Changes what a user may do, at once: their access tokens are taken back, and refreshing a session gives one with the new role.',
  })
  changeUserRole(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => ChangeUserRoleInput, { description: 'Which user, and the new role.' })
    input: ChangeUserRoleInput,
  ) {
    return this.administration.changeRole(ctx, input);
  }

  @Authorized<Permission>('users:write')
  @Mutation(() => User, {
    nullable: true,
    description:
      'Keeps a person out: their sessions end at once, and they can sign in only when enabled again. Nothing of theirs is lost.',
  })
  disableUser(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => DisableUserInput, { description: 'Which user.' }) input: DisableUserInput,
  ) {
    return this.administration.disable(ctx, input);
  }

  @Authorized<Permission>('users:write')
  @Mutation(() => Int, {
    nullable: true,
    description:
      "Ends all of somebody's sessions at once; they can sign in again. Gives how many there were. An owner's are ended by owners only.",
  })
  signOutUser(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => SignOutUserInput, { description: 'Which user.' }) input: SignOutUserInput,
  ) {
    return this.administration.signOut(ctx, input);
  }

  @Authorized<Permission>('users:write')
  @Mutation(() => User, { nullable: true, description: 'Lets a disabled person in again.' })
  enableUser(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => EnableUserInput, { description: 'Which user.' }) input: EnableUserInput,
  ) {
    return this.administration.enable(ctx, input);
  }

  @Authorized<Permission>('users:write')
  @Mutation(() => User, {
    nullable: true,
    description:
      'Removes an account for good, and gives it as it was. Their sessions end at once, their projects go to somebody else, their tasks to nobody.',
  })
  removeUser(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => RemoveUserInput, { description: 'Which user, and who takes over.' })
    input: RemoveUserInput,
  ) {
    return this.administration.remove(ctx, input);
  }

  @FieldResolver(() => [String], {
    description: 'What the role lets this person do beyond reading, e.g. `tasks:write`.',
  })
  async permissions(@Ctx() ctx: RequestContext, @Root() user: UserRow) {
    return [...(await permissionsOfUser(ctx, user))];
  }

  @FieldResolver(() => Role, {
    nullable: true,
    description: "The role of the organization's own that this person has; null with any other.",
  })
  customRole(@Ctx() ctx: RequestContext, @Root() { customRoleId }: UserRow) {
    return customRoleId && ctx.use(RoleLoader).byId.load(customRoleId);
  }
}
