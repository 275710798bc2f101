import { notFound } from '../../shared/errors.js';
import { decodeId, encodeId } from '../../shared/ids.js';
import type { Page, PageRequest } from '../../shared/page.js';
import { value } from '../../shared/statements/index.js';
import type { AccountTokenStore } from '../account-token/account-token.store.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { roleDetails } from '../audit/role-events.js';
import { recordUserEvent } from '../audit/user-events.js';
import { requirePermissions } from '../authorization.js';
import { type PasswordCheck, wrongPassword } from '../defence/password-check.js';
import type { InvitationStore } from '../invitation/invitation.store.js';
import { type RequestContext, requireCaller, requireSession } from '../request-context.js';
import { permissionsOf } from '../roles.js';
import type { PasswordHasher } from '../session/password-hasher.js';
import type { SessionStore } from '../session/session.store.js';
import { chosenRole, holdRole } from './chosen-role.js';
import type {
  ChangePasswordInput,
  CreateUserInput,
  UpdateProfileInput,
  UserFilter,
  UserOrder,
} from './user.input.js';
import { UserLoader } from './user.loader.js';
import type { UserCriteria, UserRow, UserStore } from './user.store.js';

export interface UserServiceOptions {
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly tokens: AccountTokenStore;
  readonly invitations: InvitationStore;
  readonly passwords: PasswordHasher;
  readonly passwordCheck: PasswordCheck;
}

/** Accounts, and what people do to their own. */
export class UserService {
  readonly #store: UserStore;
  readonly #sessions: SessionStore;
  readonly #tokens: AccountTokenStore;
  readonly #invitations: InvitationStore;
  readonly #passwords: PasswordHasher;
  readonly #passwordCheck: PasswordCheck;

  constructor(options: UserServiceOptions) {
    this.#store = options.users;
    this.#sessions = options.sessions;
    this.#tokens = options.tokens;
    this.#invitations = options.invitations;
    this.#passwords = options.passwords;
    this.#passwordCheck = options.passwordCheck;
  }

  /** The caller's own account. @throws NOT_FOUND when it was removed since the sign-in */
  viewer(ctx: RequestContext): Promise<UserRow> {
    return this.get(ctx, encodeId('user', requireCaller(ctx).userId));
  }

  /** @throws NOT_FOUND, BAD_USER_INPUT */
  async get(ctx: RequestContext, id: string): Promise<UserRow> {
    const user = await ctx.use(UserLoader).byId.load(decodeId('user', id, 'id'));
    if (!user) throw notFound(id);
    return user;
  }

  async list(
    ctx: RequestContext,
    filter: UserFilter | null,
    orderBy: UserOrder,
    request: PageRequest,
  ): Promise<Page<UserRow>> {
    const criteria = userCriteria(filter ?? {});
    return this.#store.list.page(ctx.tx, { criteria, orderBy, request });
  }

  /**
   * @throws ALREADY_EXISTS, NOT_FOUND; BAD_USER_INPUT for both kinds of role, or none; FORBIDDEN when the
   *   caller lacks a permission of the role
   */
  async create(ctx: RequestContext, input: CreateUserInput): Promise<UserRow> {
    const caller = requireCaller(ctx);
    const chosen = chosenRole(input);
    requirePermissions(caller, permissionsOf(chosen.role));
    // No connection is held meanwhile: nothing was asked of the database yet.
    const passwordHash = await this.#passwords.hash(input.password);
    const given = await holdRole(ctx.tx, chosen, notFound(input.customRoleId ?? ''));
    requirePermissions(caller, given.permissions);
    const email = input.email.toLowerCase();
    // First, as who accepts it: both want the address.
    await this.#invitations.deleteOfEmail(ctx.tx, email);
    const row = await this.#store.create(ctx.tx, {
      email,
      name: input.name,
      ...chosen,
      passwordHash,
    });
    await recordUserEvent(ctx, AuditEventKind.USER_CREATED, row.id, roleDetails(given));
    return row;
  }

  /** @throws NOT_FOUND when the caller's account was removed since the sign-in */
  async updateProfile(ctx: RequestContext, { name }: UpdateProfileInput): Promise<UserRow> {
    const { userId } = requireCaller(ctx);
    const row = await this.#store.update(ctx.tx, userId, { name });
    if (!row) throw notFound(encodeId('user', userId));
    await recordUserEvent(ctx, AuditEventKind.USER_UPDATED, userId, { fields: ['name'] });
    return row;
  }

  /**
   * Ends the other sessions as well: whoever was in with the old password is out.
   *
   * @throws BAD_USER_INPUT when the current password is another one, or somebody else was faster to
   *   change it; FORBIDDEN for a caller without a session; RATE_LIMITED
   */
  async changePassword(
    ctx: RequestContext,
    { currentPassword, newPassword }: ChangePasswordInput,
  ): Promise<UserRow> {
    const { userId, sessionId } = requireSession(ctx);
    const path = 'input.currentPassword';
    const stored = await this.#passwordCheck.require(ctx, currentPassword, path);
    const passwordHash = await this.#passwords.hash(newPassword);
    const row = await this.#store.update(
      ctx.tx,
      userId,
      { passwordHash },
      { passwordHash: stored },
    );
    if (!row) throw wrongPassword(path);
    await this.#sessions.deleteOfUser(ctx.tx, userId, sessionId);
    // Whoever had the old password may have asked for a link to come back by.
    await this.#tokens.deleteOfUser(ctx.tx, userId, ['reset_password', 'change_email']);
    await recordUserEvent(ctx, AuditEventKind.USER_PASSWORD_CHANGED, userId, {});
    return row;
  }
}

function userCriteria({ role, customRoleId, isDisabled, search }: UserFilter): UserCriteria {
  const criteria: UserCriteria = {};
  if (role != null) criteria.roles = value(role);
  if (customRoleId != null) {
    criteria.customRoleId = value(decodeId('role', customRoleId, 'filter.customRoleId'));
  }
  if (isDisabled != null) criteria.isDisabled = value(isDisabled);
  if (search != null) criteria.search = value(search.toLowerCase());
  return criteria;
}
