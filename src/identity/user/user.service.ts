import type { Clock } from '../../shared/clock.js';
import { badField, notFound } from '../../shared/errors.js';
import { decodeId, encodeId } from '../../shared/ids.js';
import type { Page, PageRequest } from '../../shared/page.js';
import { value } from '../../shared/statements/index.js';
import type { AccountTokenStore } from '../account-token/account-token.store.js';
import type { ApiKeyStore } from '../api-key/api-key.store.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { type RoleInTrail, recordSessionEvent, recordUserEvent } from '../audit/record-event.js';
import { requirePermissions } from '../authorization.js';
import { type PasswordCheck, wrongPassword } from '../defence/password-check.js';
import type { ExternalIdentityStore } from '../external-identity/external-identity.store.js';
import type { InvitationStore } from '../invitation/invitation.store.js';
import type { OrganizationStore } from '../organization/organization.store.js';
import { type RequestContext, requireCaller, requireSession } from '../request-context.js';
import type { RoleStore } from '../role/role.store.js';
import { CUSTOM_ROLE, type Grant, grantOf, lacking, permissionsOf } from '../roles.js';
import type { RecoveryCodeStore } from '../second-factor/recovery-code.store.js';
import type { SecondFactorStore } from '../second-factor/second-factor.store.js';
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
} from './user.input.js';
import { requireUser, UserLoader } from './user.loader.js';
import type { UserCriteria, UserRow, UserStore } from './user.store.js';
import { UserRole } from './user.type.js';

export interface UserServiceOptions {
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly roles: RoleStore;
  readonly tokens: AccountTokenStore;
  readonly invitations: InvitationStore;
  readonly apiKeys: ApiKeyStore;
  readonly externalIdentities: ExternalIdentityStore;
  readonly organizations: OrganizationStore;
  readonly passwords: PasswordHasher;
  readonly passwordCheck: PasswordCheck;
  readonly factors: SecondFactorStore;
  readonly recoveryCodes: RecoveryCodeStore;
  readonly belongings: UserBelongings;
  readonly clock: Clock;
}

export class UserService {
  readonly #store: UserStore;
  readonly #sessions: SessionStore;
  readonly #roles: RoleStore;
  readonly #tokens: AccountTokenStore;
  readonly #invitations: InvitationStore;
  readonly #apiKeys: ApiKeyStore;
  readonly #externalIdentities: ExternalIdentityStore;
  readonly #organizations: OrganizationStore;
  readonly #passwords: PasswordHasher;
  readonly #passwordCheck: PasswordCheck;
  readonly #factors: SecondFactorStore;
  readonly #recoveryCodes: RecoveryCodeStore;
  readonly #belongings: UserBelongings;
  readonly #clock: Clock;

  constructor(options: UserServiceOptions) {
    this.#store = options.users;
    this.#sessions = options.sessions;
    this.#roles = options.roles;
    this.#tokens = options.tokens;
    this.#invitations = options.invitations;
    this.#apiKeys = options.apiKeys;
    this.#externalIdentities = options.externalIdentities;
    this.#organizations = options.organizations;
    this.#passwords = options.passwords;
    this.#passwordCheck = options.passwordCheck;
    this.#factors = options.factors;
    this.#recoveryCodes = options.recoveryCodes;
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
    const given = await this.#hold(ctx, chosen, notFound(input.customRoleId ?? ''));
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
    await recordUserEvent(ctx, AuditEventKind.USER_CREATED, row.id, trailOf(given));
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

  /**
   * @throws NOT_FOUND; FORBIDDEN when the caller lacks a permission of the role that the user has, or is to
   *   have; BAD_USER_INPUT for both kinds of role or none, or when the last owner would be unmade, or the
   *   caller rise
   */
  async changeRole(ctx: RequestContext, input: ChangeUserRoleInput): Promise<UserRow> {
    const caller = requireCaller(ctx);
    const chosen = chosenRole(input);
    const { user, grant } = await this.#lockForAdministration(ctx, input.userId);
    const given = await this.#hold(ctx, chosen, notFound(input.customRoleId ?? ''));
    requirePermissions(caller, new Set([...grant.permissions, ...given.permissions]));
    if (user.id === caller.userId && lacking(grant.permissions, given.permissions)) {
      const path = chosen.customRoleId === null ? 'input.role' : 'input.customRoleId';
      throw badField(path, 'Nobody raises their own role. Somebody else has to.');
    }
    if (user.role === chosen.role && user.customRoleId === chosen.customRoleId) return user;
    await this.#requireOwnerWithout(ctx, user);
    const row = await this.#store.update(ctx.tx, user.id, chosen);
    if (!row) throw notFound(input.userId);
    await this.#sessions.renewStamps(ctx.tx, [user.id]);
    await this.#apiKeys.renewStamps(ctx.tx, [user.id]);
    await recordUserEvent(ctx, AuditEventKind.USER_ROLE_CHANGED, user.id, {
      from: user.role,
      to: chosen.role,
      ...(grant.custom && { fromCustomRole: grant.custom }),
      ...(given.custom && { toCustomRole: given.custom }),
    });
    return row;
  }

  /**
   * Keeps an account out: its sessions end at once, and nobody signs in to it until it is enabled.
   *
   * @throws NOT_FOUND; FORBIDDEN when the user may do something that the caller may not; BAD_USER_INPUT
   *   when it is the caller or the last owner
   */
  async disable(ctx: RequestContext, { userId }: DisableUserInput): Promise<UserRow> {
    const caller = requireCaller(ctx);
    const { user, grant } = await this.#lockForAdministration(ctx, userId);
    requirePermissions(caller, grant.permissions);
    if (user.id === caller.userId) {
      throw badField('input.userId', 'Nobody disables their own account. Somebody else has to.');
    }
    if (user.disabledAt !== null) return user;
    await this.#requireOwnerWithout(ctx, user);
    const row = await this.#store.update(ctx.tx, user.id, { disabledAt: this.#clock.now() });
    if (!row) throw notFound(userId);
    await this.#sessions.deleteOfUser(ctx.tx, user.id);
    await this.#tokens.deleteOfUser(ctx.tx, user.id);
    await recordUserEvent(ctx, AuditEventKind.USER_DISABLED, user.id, {});
    return row;
  }

  /**
   * Ends what a user has open; signing in again is all it takes.
   *
   * @returns how many sessions there were
   * @throws NOT_FOUND; FORBIDDEN when the user may do something that the caller may not
   */
  async signOut(ctx: RequestContext, { userId }: SignOutUserInput): Promise<number> {
    const caller = requireCaller(ctx);
    const { user, grant } = await this.#lockForAdministration(ctx, userId);
    requirePermissions(caller, grant.permissions);
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

  /** @throws NOT_FOUND; FORBIDDEN when the user may do something that the caller may not */
  async enable(ctx: RequestContext, { userId }: EnableUserInput): Promise<UserRow> {
    const { user, grant } = await this.#lockForAdministration(ctx, userId);
    requirePermissions(requireCaller(ctx), grant.permissions);
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
   * @throws NOT_FOUND; FORBIDDEN when the user may do something that the caller may not; BAD_USER_INPUT
   *   when it is the caller or the last owner, or owns something that nobody is named for
   */
  async remove(ctx: RequestContext, { userId, newOwnerId }: RemoveUserInput): Promise<UserRow> {
    const caller = requireCaller(ctx);
    const { user, grant } = await this.#lockForAdministration(ctx, userId);
    requirePermissions(caller, grant.permissions);
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
    await this.#tokens.deleteOfUser(ctx.tx, user.id);
    // Else an invitation that was never needed would bring the account back.
    await this.#invitations.deleteOfEmail(ctx.tx, user.email);
    await this.#apiKeys.deleteOfUser(ctx.tx, user.id);
    await this.#factors.deleteOfUser(ctx.tx, user.id);
    await this.#recoveryCodes.deleteOfUser(ctx.tx, user.id);
    await this.#externalIdentities.deleteOfUser(ctx.tx, user.id);
    await this.#store.delete(ctx.tx, user.id);
    await recordUserEvent(ctx, AuditEventKind.USER_REMOVED, user.id, trailOf(grant));
    return user;
  }

  /**
   * A user whose role or existence is at stake, with what their role grants. In one organization this goes on one after the other,
   * until the transaction ends: else two owners could unmake each other, each counting on the other.
   *
   * @throws NOT_FOUND, BAD_USER_INPUT
   */
  async #lockForAdministration(
    ctx: RequestContext,
    userId: string,
  ): Promise<{ user: UserRow; grant: HeldGrant }> {
    const id = decodeId('user', userId, 'input.userId');
    await this.#organizations.lock(ctx.tx);
    const user = await this.#store.findAndLock(ctx.tx, id);
    if (!user) throw notFound(userId);
    return { user, grant: await this.#hold(ctx, user, notFound(userId)) };
  }

  /** What a role grants, which stays so until the transaction ends. @throws missing, where there is no such role */
  async #hold(
    ctx: RequestContext,
    { role, customRoleId }: ChosenRole,
    missing: Error,
  ): Promise<HeldGrant> {
    const custom =
      customRoleId === null ? null : await this.#roles.findAndHold(ctx.tx, customRoleId);
    const grant = grantOf(role, custom?.permissions);
    if (!grant) throw missing;
    return {
      ...grant,
      custom: custom ? { id: encodeId('role', custom.id), name: custom.name } : null,
    };
  }

  /** @throws BAD_USER_INPUT when this is the only owner */
  async #requireOwnerWithout(ctx: RequestContext, user: UserRow): Promise<void> {
    if (user.role !== UserRole.OWNER) return;
    if (await this.#store.hasOtherOwner(ctx.tx, user.id)) return;
    throw badField('input.userId', 'This is the last owner. Make somebody else owner first.');
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

/** A role as a user's row has it. */
type ChosenRole = Pick<UserRow, 'role' | 'customRoleId'>;

/** What a role grants; and which it is, where it is one of the organization's own. */
type HeldGrant = Grant & { readonly custom: RoleInTrail | null };

/** The one role that an input names. @throws BAD_USER_INPUT when it names two, or none */
function chosenRole({
  role,
  customRoleId,
}: Pick<CreateUserInput, 'role' | 'customRoleId'>): ChosenRole {
  if (role === UserRole.CUSTOM) {
    throw badField('input.role', 'Say which one with customRoleId, and leave role out.');
  }
  if (customRoleId == null) {
    if (role == null) throw badField('input.role', 'Give either role or customRoleId.');
    return { role, customRoleId: null };
  }
  if (role != null)
    throw badField('input.customRoleId', 'Give either role or customRoleId, not both.');
  return { role: CUSTOM_ROLE, customRoleId: decodeId('role', customRoleId, 'input.customRoleId') };
}

/** The role of an account, as the audit trail tells it. */
function trailOf({ role, custom }: HeldGrant) {
  return { role, ...(custom && { customRole: custom }) };
}
