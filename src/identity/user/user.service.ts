import type { Clock } from '../../shared/clock.js';
import { badField, forbidden, notFound } from '../../shared/errors.js';
import { decodeId, encodeId } from '../../shared/ids.js';
import { fetchedPage, type KeysetOrder, keysetPage } from '../../shared/keyset.js';
import type { Page, PageRequest } from '../../shared/page.js';
import { value } from '../../shared/statements/index.js';
import type { Tenancy } from '../../tenancy/index.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { recordSessionEvent, recordUserEvent } from '../audit/record-event.js';
import type { ExternalIdentityStore } from '../external-identity/external-identity.store.js';
import type { OrganizationStore } from '../organization/organization.store.js';
import { type Caller, type RequestContext, requireCaller } from '../request-context.js';
import { outranks } from '../roles.js';
import type { PasswordHasher } from '../session/password-hasher.js';
import type { SessionStore } from '../session/session.store.js';
import type { UserBelongings } from './user.belongings.js';
import {
  type ChangePasswordInput,
  type ChangeUserRoleInput,
  type CreateUserInput,
  type DisableUserInput,
  type EnableUserInput,
  type RemoveUserInput,
  type SignOutUserInput,
  type UpdateProfileInput,
  type UserFilter,
  type UserOrder,
  UserOrderField,
} from './user.input.js';
import { requireUser, UserLoader } from './user.loader.js';
import type { UserCriteria, UserRow, UserStore } from './user.store.js';
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

export interface UserServiceOptions {
  readonly tenancy: Tenancy;
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly externalIdentities: ExternalIdentityStore;
  readonly organizations: OrganizationStore;
  readonly passwords: PasswordHasher;
  readonly belongings: UserBelongings;
  readonly clock: Clock;
}

export class UserService {
  readonly #tenancy: Tenancy;
  readonly #store: UserStore;
  readonly #sessions: SessionStore;
  readonly #externalIdentities: ExternalIdentityStore;
  readonly #organizations: OrganizationStore;
  readonly #passwords: PasswordHasher;
  readonly #belongings: UserBelongings;
  readonly #clock: Clock;

  constructor(options: UserServiceOptions) {
    this.#tenancy = options.tenancy;
    this.#store = options.users;
    this.#sessions = options.sessions;
    this.#externalIdentities = options.externalIdentities;
    this.#organizations = options.organizations;
    this.#passwords = options.passwords;
    this.#belongings = options.belongings;
    this.#clock = options.clock;
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
    const criteria = userCriteria(filter ?? {});
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
   * Ends the other sessions as well: whoever was in with the old password is out.
   *
   * @throws BAD_USER_INPUT when the current password is another one, or somebody else was faster to
   *   change it
   */
  async changePassword(
    ctx: RequestContext,
    { currentPassword, newPassword }: ChangePasswordInput,
  ): Promise<UserRow> {
    const { orgId, userId, sessionId, precondition } = requireCaller(ctx);
    // In a transaction of its own: no connection is held while the passwords are worked on.
    const stored = await this.#tenancy.withTenant(
      { orgId, userId },
      'read',
      (tx) => this.#store.findPasswordHash(tx, userId),
      precondition,
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
    await this.#sessions.deleteOfUser(ctx.tx, userId, sessionId);
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
    if (user.id === caller.userId && outranks(role, user.role)) {
      throw badField('input.role', 'Nobody raises their own role. Somebody else has to.');
    }
    if (user.role === role) return user;
    await this.#requireOwnerWithout(ctx, user);
    const row = await this.#store.update(ctx.tx, user.id, { role });
    if (!row) throw notFound(userId);
    await this.#sessions.renewStamps(ctx.tx, [user.id]);
    const change = { from: user.role, to: role };
    await recordUserEvent(ctx, AuditEventKind.USER_ROLE_CHANGED, user.id, change);
    return row;
  }

  /**
   * Keeps an account out: its sessions end at once, and nobody signs in to it until it is enabled.
   *
   * @throws NOT_FOUND; FORBIDDEN when somebody who is no owner would disable an owner; BAD_USER_INPUT
   *   when it is the caller or the last owner
   */
  async disable(ctx: RequestContext, { userId }: DisableUserInput): Promise<UserRow> {
    const caller = requireCaller(ctx);
    const user = await this.#lockForAdministration(ctx, userId);
    mayMakeOrUnmake(caller, user.role);
    if (user.id === caller.userId) {
      throw badField('input.userId', 'Nobody disables their own account. Somebody else has to.');
    }
    if (user.disabledAt !== null) return user;
    await this.#requireOwnerWithout(ctx, user);
    const row = await this.#store.update(ctx.tx, user.id, { disabledAt: this.#clock.now() });
    if (!row) throw notFound(userId);
    await this.#sessions.deleteOfUser(ctx.tx, user.id);
    await recordUserEvent(ctx, AuditEventKind.USER_DISABLED, user.id, {});
    return row;
  }

  /**
   * Ends what a user has open; signing in again is all it takes.
   *
   * @returns how many sessions there were
   * @throws NOT_FOUND; FORBIDDEN when somebody who is no owner would sign an owner out
   */
  async signOut(ctx: RequestContext, { userId }: SignOutUserInput): Promise<number> {
    const caller = requireCaller(ctx);
    const user = await this.#lockForAdministration(ctx, userId);
    mayMakeOrUnmake(caller, user.role);
    const now = this.#clock.now();
    const sessions = await this.#sessions.endOfUser(ctx.tx, { userId: user.id, now });
    if (sessions > 0) {
      await recordSessionEvent(ctx.tx, AuditEventKind.SESSION_REVOKED, {
        actorId: caller.userId,
        subjectId: user.id,
        address: ctx.client.address,
        details: { sessions },
      });
    }
    return sessions;
  }

  /** @throws NOT_FOUND; FORBIDDEN when somebody who is no owner would enable an owner */
  async enable(ctx: RequestContext, { userId }: EnableUserInput): Promise<UserRow> {
    const user = await this.#lockForAdministration(ctx, userId);
    mayMakeOrUnmake(requireCaller(ctx), user.role);
    if (user.disabledAt === null) return user;
    const row = await this.#store.update(ctx.tx, user.id, { disabledAt: null });
    if (!row) throw notFound(userId);
    await recordUserEvent(ctx, AuditEventKind.USER_ENABLED, user.id, {});
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
    await this.#sessions.deleteOfUser(ctx.tx, user.id);
    await this.#externalIdentities.deleteOfUser(ctx.tx, user.id);
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

function userCriteria({ role, isDisabled, search }: UserFilter): UserCriteria {
  const criteria: UserCriteria = {};
  if (role != null) criteria.roles = value(role);
  if (isDisabled != null) criteria.isDisabled = value(isDisabled);
  if (search != null) criteria.search = value(search.toLowerCase());
  return criteria;
}

/** @throws FORBIDDEN when one of the roles is that of an owner, and the caller is none */
function mayMakeOrUnmake(caller: Caller, ...roles: string[]): void {
  if (roles.includes(UserRole.OWNER) && !caller.permissions.has('organization:write')) {
    throw forbidden('organization:write');
  }
}

function wrongPassword() {
  return badField('input.currentPassword', 'This is not your current password.');
}
