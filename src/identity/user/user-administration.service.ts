import type { Clock } from '../../shared/clock.js';
import { badField, notFound } from '../../shared/errors.js';
import { decodeId } from '../../shared/ids.js';
import type { AccountTokenStore } from '../account-token/account-token.store.js';
import type { ApiKeyStore } from '../api-key/api-key.store.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { roleDetails } from '../audit/role-events.js';
import { recordSessionEvent } from '../audit/session-events.js';
import { recordUserEvent } from '../audit/user-events.js';
import { requirePermissions } from '../authorization.js';
import type { ExternalIdentityStore } from '../external-identity/external-identity.store.js';
import type { InvitationStore } from '../invitation/invitation.store.js';
import type { OrganizationStore } from '../organization/organization.store.js';
import { type RequestContext, requireCaller } from '../request-context.js';
import type { HeldGrant } from '../role/held-grant.js';
import { lacking } from '../roles.js';
import type { RecoveryCodeStore } from '../second-factor/recovery-code.store.js';
import type { SecondFactorStore } from '../second-factor/second-factor.store.js';
import type { SessionStore } from '../session/session.store.js';
import { chosenRole, holdRole } from './chosen-role.js';
import type { UserBelongings } from './user.belongings.js';
import type {
  ChangeUserRoleInput,
  DisableUserInput,
  EnableUserInput,
  RemoveUserInput,
  SignOutUserInput,
} from './user.input.js';
import { requireUser } from './user.loader.js';
import type { UserRow, UserStore } from './user.store.js';
import { UserRole } from './user.type.js';

export interface UserAdministrationOptions {
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly tokens: AccountTokenStore;
  readonly invitations: InvitationStore;
  readonly apiKeys: ApiKeyStore;
  readonly externalIdentities: ExternalIdentityStore;
  readonly organizations: OrganizationStore;
  readonly factors: SecondFactorStore;
  readonly recoveryCodes: RecoveryCodeStore;
  readonly belongings: UserBelongings;
  readonly clock: Clock;
}

/** What is done to the accounts of others: what they may do, whether they are let in, and that they go. */
export class UserAdministrationService {
  readonly #store: UserStore;
  readonly #sessions: SessionStore;
  readonly #tokens: AccountTokenStore;
  readonly #invitations: InvitationStore;
  readonly #apiKeys: ApiKeyStore;
  readonly #externalIdentities: ExternalIdentityStore;
  readonly #organizations: OrganizationStore;
  readonly #factors: SecondFactorStore;
  readonly #recoveryCodes: RecoveryCodeStore;
  readonly #belongings: UserBelongings;
  readonly #clock: Clock;

  constructor(options: UserAdministrationOptions) {
    this.#store = options.users;
    this.#sessions = options.sessions;
    this.#tokens = options.tokens;
    this.#invitations = options.invitations;
    this.#apiKeys = options.apiKeys;
    this.#externalIdentities = options.externalIdentities;
    this.#organizations = options.organizations;
    this.#factors = options.factors;
    this.#recoveryCodes = options.recoveryCodes;
    this.#belongings = options.belongings;
    this.#clock = options.clock;
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
    const given = await holdRole(ctx.tx, chosen, notFound(input.customRoleId ?? ''));
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
    await recordUserEvent(ctx, AuditEventKind.USER_REMOVED, user.id, roleDetails(grant));
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
    return { user, grant: await holdRole(ctx.tx, user, notFound(userId)) };
  }

  /** @throws BAD_USER_INPUT when this is the only owner */
  async #requireOwnerWithout(ctx: RequestContext, user: UserRow): Promise<void> {
    if (user.role !== UserRole.OWNER) return;
    if (await this.#store.hasOtherOwner(ctx.tx, user.id)) return;
    throw badField('input.userId', 'This is the last owner. Make somebody else owner first.');
  }
}
