import { badField, forbidden, notFound } from '../../shared/errors.js';
import { decodeId, encodeId } from '../../shared/ids.js';
import { fetchedPage, type KeysetOrder, keysetPage } from '../../shared/keyset.js';
import type { Page, PageRequest } from '../../shared/page.js';
import { value } from '../../shared/statements/index.js';
import type { Tenancy } from '../../tenancy/index.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { recordUserEvent } from '../audit/record-event.js';
import type { OrganizationStore } from '../organization/organization.store.js';
import { type Caller, type RequestContext, requireCaller } from '../request-context.js';
import { outranks, roleGrants } from '../roles.js';
import type { PasswordHasher } from '../session/password-hasher.js';
import type { UserBelongings } from './user.belongings.js';
import {
  type ChangePasswordInput,
  type ChangeUserRoleInput,
  type CreateUserInput,
  type RemoveUserInput,
  type UpdateProfileInput,
  type UserFilter,
  type UserOrder,
  UserOrderField,
} from './user.input.js';
import { requireUser, UserLoader } from './user.loader.js';
import type { UserRow, UserStore } from './user.store.js';
import { UserRole } from './user.type.js';

const ORDERS = {
  [UserOrderField.CREATED_AT]: {
    column: 'users.created_at',
    type: 'timestamp',
    keyOf: (user: UserRow) => user.createdAt,
  },
  [UserOrderField.NAME]: {
    column: 'users.name',
    type: 'text',
    keyOf: (user: UserRow) => user.name,
  },
} as const;

export class UserService {
  readonly #tenancy: Tenancy;
  readonly #store: UserStore;
  readonly #organizations: OrganizationStore;
  readonly #passwords: PasswordHasher;
  readonly #belongings: UserBelongings;

  constructor(
    tenancy: Tenancy,
    store: UserStore,
    organizations: OrganizationStore,
    passwords: PasswordHasher,
    belongings: UserBelongings,
  ) {
    this.#tenancy = tenancy;
    this.#store = store;
    this.#organizations = organizations;
    this.#passwords = passwords;
    this.#belongings = belongings;
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
    { field, direction }: UserOrder,
    request: PageRequest,
  ): Promise<Page<UserRow>> {
    const { keyOf, ...column } = ORDERS[field];
    const order: KeysetOrder = { ...column, name: field, idColumn: 'users.id', direction };
    const criteria = filter?.role ? { roles: value(filter.role) } : {};
    const rows = await this.#store.list(ctx.tx, criteria, keysetPage(order, request));
    return fetchedPage(order, request, rows, keyOf, () => this.#store.count(ctx.tx, criteria));
  }

  /** @throws ALREADY_EXISTS, NOT_FOUND; FORBIDDEN when somebody who is no owner would make an owner */
  async create(ctx: RequestContext, input: CreateUserInput): Promise<UserRow> {
    mayMakeOrUnmake(requireCaller(ctx), input.role);
    const row = await this.#store.create(ctx.tx, {
      email: input.email.toLowerCase(),
      name: input.name,
      role: input.role,
      passwordHash: await this.#passwords.hash(input.password),
    });
    await recordUserEvent(ctx, AuditEventKind.USER_CREATED, row.id, { role: row.role });
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
   * @throws BAD_USER_INPUT when the current password is another one, or somebody else was faster to
   *   change it
   */
  async changePassword(
    ctx: RequestContext,
    { currentPassword, newPassword }: ChangePasswordInput,
  ): Promise<UserRow> {
    const { orgId, userId } = requireCaller(ctx);
    // In a transaction of its own: no connection is held while the passwords are worked on.
    const stored = await this.#tenancy.withTenant({ orgId, userId }, 'read', (tx) =>
      this.#store.findPasswordHash(tx, userId),
    );
    const matches = await this.#passwords.matches(stored, currentPassword);
    if (stored === null || !matches) throw wrongPassword();
    const passwordHash = await this.#passwords.hash(newPassword);
    const row = await this.#store.update(
      ctx.tx,
      userId,
      { passwordHash },
      { passwordHash: stored },
    );
    if (!row) throw wrongPassword();
    await recordUserEvent(ctx, AuditEventKind.USER_PASSWORD_CHANGED, userId, {});
    return row;
  }

  /**
   * @throws NOT_FOUND; FORBIDDEN when somebody who is no owner would make or unmake an owner;
   *   BAD_USER_INPUT when the last owner would be unmade, or the caller rise
   */
  async changeRole(ctx: RequestContext, { userId, role }: ChangeUserRoleInput): Promise<UserRow> {
    const caller = requireCaller(ctx);
    const user = await this.#lockForAdministration(ctx, userId);
    mayMakeOrUnmake(caller, user.role, role);
    // By what the account is now: the role in the caller's token may be an older and higher one.
    if (user.id === caller.userId && outranks(role, user.role)) {
      throw badField('input.role', 'Nobody raises their own role. Somebody else has to.');
    }
    if (user.role === role) return user;
    await this.#requireOwnerWithout(ctx, user);
    const row = await this.#store.update(ctx.tx, user.id, { role });
    if (!row) throw notFound(userId);
    const change = { from: user.role, to: role };
    await recordUserEvent(ctx, AuditEventKind.USER_ROLE_CHANGED, user.id, change);
    return row;
  }

  /**
   * Removes an account for good. What it owns goes to another user, its tasks to nobody.
   *
   * @returns the account as it was
   * @throws NOT_FOUND; FORBIDDEN when somebody who is no owner would remove an owner; BAD_USER_INPUT
   *   when it is the caller or the last owner, or owns something that nobody is named for
   */
  async remove(ctx: RequestContext, { userId, newOwnerId }: RemoveUserInput): Promise<UserRow> {
    const caller = requireCaller(ctx);
    const user = await this.#lockForAdministration(ctx, userId);
    mayMakeOrUnmake(caller, user.role);
    if (user.id === caller.userId) {
      throw badField('input.userId', 'Nobody removes their own account. Somebody else has to.');
    }
    await this.#requireOwnerWithout(ctx, user);
    if (newOwnerId != null) {
      const newOwner = await requireUser(ctx, newOwnerId, 'input.newOwnerId');
      if (newOwner === user.id) {
        throw badField('input.newOwnerId', 'This is who is removed. Name somebody else.');
      }
      await this.#belongings.handOver(ctx.tx, user.id, newOwner);
    } else if (await this.#belongings.areOwnedBy(ctx.tx, user.id)) {
      throw badField(
        'input.newOwnerId',
        'This user owns projects, if only deleted ones. Say who is to own them.',
      );
    }
    await this.#belongings.release(ctx.tx, user.id);
    await this.#store.delete(ctx.tx, user.id);
    await recordUserEvent(ctx, AuditEventKind.USER_REMOVED, user.id, { role: user.role });
    return user;
  }

  /**
   * A user whose role or existence is at stake. In one organization this goes on one after the other,
   * until the transaction ends: else two owners could unmake each other, each counting on the other.
   *
   * @throws NOT_FOUND, BAD_USER_INPUT
   */
  async #lockForAdministration(ctx: RequestContext, userId: string): Promise<UserRow> {
    const id = decodeId('user', userId, 'input.userId');
    await this.#organizations.lock(ctx.tx);
    const user = await this.#store.findAndLock(ctx.tx, id);
    if (!user) throw notFound(userId);
    return user;
  }

  /** @throws BAD_USER_INPUT when this is the only owner */
  async #requireOwnerWithout(ctx: RequestContext, user: UserRow): Promise<void> {
    if (user.role !== UserRole.OWNER) return;
    if (await this.#store.hasOtherOwner(ctx.tx, user.id)) return;
    throw badField('input.userId', 'This is the last owner. Make somebody else owner first.');
  }
}

/** @throws FORBIDDEN when one of the roles is that of an owner, and the caller is none */
function mayMakeOrUnmake(caller: Caller, ...roles: string[]): void {
  if (roles.includes(UserRole.OWNER) && !roleGrants(caller.role, 'organization:write')) {
    throw forbidden('organization:write');
  }
}

function wrongPassword() {
  return badField('input.currentPassword', 'This is not your current password.');
}
