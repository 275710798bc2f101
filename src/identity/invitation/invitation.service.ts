import type { Outbox } from '../../mail/index.js';
import type { Clock } from '../../shared/clock.js';
import { alreadyExists, badField, notFound } from '../../shared/errors.js';
import { decodeId, newUuid } from '../../shared/ids.js';
import { makeOpaqueToken, type OpaqueToken, readOpaqueToken } from '../../shared/opaque-token.js';
import type { Page, PageRequest } from '../../shared/page.js';
import { value } from '../../shared/statements/index.js';
import type { Tenancy, TenantTransaction } from '../../tenancy/index.js';
import { expiredToken, unusableToken } from '../account-token/mailed-tokens.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { recordAcceptance, recordInvitationEvent } from '../audit/invitation-events.js';
import { requirePermissions } from '../authorization.js';
import { OrganizationLoader } from '../organization/organization.loader.js';
import type { OrganizationStore } from '../organization/organization.store.js';
import { type Client, type RequestContext, requireCaller } from '../request-context.js';
import type { RequestLimit } from '../request-limit.js';
import { type HeldGrant, heldGrant, presentGrant } from '../role/held-grant.js';
import { type Grant, lacking } from '../roles.js';
import type { PasswordHasher } from '../session/password-hasher.js';
import type { IssuedTokens, SessionService } from '../session/session.service.js';
import type { OpenSession, SessionOpening } from '../session/session-opening.js';
import { chosenRole, holdRole } from '../user/chosen-role.js';
import { UserLoader } from '../user/user.loader.js';
import type { UserStore } from '../user/user.store.js';
import {
  type AcceptInvitationInput,
  type InvitationFilter,
  type InvitationOrder,
  type InviteUserInput,
  type ResendInvitationInput,
  type RevokeInvitationInput,
} from './invitation.input.js';
import { invitationLetter } from './invitation.letter.js';
import type {
  InvitationCriteria,
  InvitationRow,
  InvitationStore,
  OpenInvitation,
} from './invitation.store.js';

const LIFETIME_MS = 7 * 86_400_000;

export interface InvitationServiceOptions {
  readonly tenancy: Tenancy;
  readonly users: UserStore;
  readonly organizations: OrganizationStore;
  readonly store: InvitationStore;
  readonly passwords: PasswordHasher;
  readonly opening: SessionOpening;
  readonly sessions: SessionService;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly appUrl: string;
  readonly limit: RequestLimit;
}

/**
 * People who are asked to join. An invitation stands on the word of who sent it last: it is good only while
 * that user may invite somebody to that role. Whoever sends it again answers for it from then on.
 */
export class InvitationService {
  readonly #options: InvitationServiceOptions;

  constructor(options: InvitationServiceOptions) {
    this.#options = options;
  }

  async list(
    ctx: RequestContext,
    filter: InvitationFilter | null,
    orderBy: InvitationOrder,
    request: PageRequest,
  ): Promise<Page<InvitationRow>> {
    const { store, clock } = this.#options;
    const criteria: InvitationCriteria = {};
    if (filter?.isExpired != null) {
      criteria.expiry = { isOver: value(filter.isExpired), now: value(clock.now()) };
    }
    return store.list.page(ctx.tx, { criteria, orderBy, request });
  }

  /**
   * @throws ALREADY_EXISTS when somebody has this address, or it is invited already; FORBIDDEN when the caller
   *   lacks a permission of the role; NOT_FOUND; BAD_USER_INPUT for both kinds of role, or none; RATE_LIMITED
   */
  async invite(ctx: RequestContext, input: InviteUserInput): Promise<InvitationRow> {
    const { store } = this.#options;
    const chosen = chosenRole(input);
    const given = await holdRole(ctx.tx, chosen, notFound(input.customRoleId ?? ''));
    requirePermissions(requireCaller(ctx), given.permissions);
    const email = input.email.toLowerCase();
    await this.#requireNobody(ctx.tx, email, 'input.email');
    await this.#countMail(ctx);
    const { id, token, sending } = this.#nextMail(ctx, newUuid());
    const invitation = await store.create(ctx.tx, { id, email, ...chosen, ...sending });
    await this.#send(ctx, invitation, token);
    await recordInvitationEvent(ctx, AuditEventKind.INVITATION_CREATED, invitation, given);
    return invitation;
  }

  /**
   * Sends another link; the one before is good no more.
   *
   * @throws NOT_FOUND; ALREADY_EXISTS when somebody has the address by now; FORBIDDEN as for `invite`; RATE_LIMITED
   */
  async resend(
    ctx: RequestContext,
    { invitationId }: ResendInvitationInput,
  ): Promise<InvitationRow> {
    const { store } = this.#options;
    const { found, given } = await this.#lock(ctx, invitationId);
    const { id, email } = found;
    await this.#requireNobody(ctx.tx, email, 'input.invitationId');
    await this.#countMail(ctx);
    const { token, sending } = this.#nextMail(ctx, id);
    const invitation = await store.renew(ctx.tx, id, sending);
    if (!invitation) throw notFound(invitationId);
    await this.#send(ctx, invitation, token);
    await recordInvitationEvent(ctx, AuditEventKind.INVITATION_RESENT, invitation, given);
    return invitation;
  }

  /**
   * @returns the invitation as it was
   * @throws NOT_FOUND; FORBIDDEN when the caller lacks a permission of its role
   */
  async revoke(
    ctx: RequestContext,
    { invitationId }: RevokeInvitationInput,
  ): Promise<InvitationRow> {
    const { found, given } = await this.#lock(ctx, invitationId);
    await this.#options.store.delete(ctx.tx, found.id);
    await recordInvitationEvent(ctx, AuditEventKind.INVITATION_REVOKED, found, given);
    return found;
  }

  /**
   * Makes the account, whose address is verified by this, and signs it in.
   *
   * @throws BAD_USER_INPUT for a token that is not good; ALREADY_EXISTS when somebody has the address by now
   */
  async accept(
    { token, name, password }: AcceptInvitationInput,
    client: Client,
  ): Promise<IssuedTokens> {
    const { tenancy, organizations, store, users, passwords, opening, sessions, clock } =
      this.#options;
    const read = readOpaqueToken('invitation', token);
    if (!read) throw unusableToken();
    const tenant = { orgId: read.orgId, userId: null };
    // First a look, so that nobody has passwords hashed for nothing; and no connection is held meanwhile.
    await tenancy.withTenant(tenant, 'read', async (tx) =>
      this.#requireGood(tx, read, await store.find(tx, read.id, clock.now()), presentGrant),
    );
    const passwordHash = await passwords.hash(password);
    const session = await tenancy.withTenant(tenant, 'write', async (tx): Promise<OpenSession> => {
      // First, as whoever changes the inviter or their role does.
      await organizations.hold(tx);
      const found = await store.findAndLock(tx, read.id, clock.now());
      const { invitation, given } = await this.#requireGood(tx, read, found, heldGrant);
      const { email, role, customRoleId } = invitation;
      await this.#requireNobody(tx, email, 'input.token');
      const emailVerifiedAt = clock.now();
      const user = await users.create(tx, {
        email,
        name,
        role,
        customRoleId,
        passwordHash,
        emailVerifiedAt,
      });
      await store.delete(tx, invitation.id);
      await recordAcceptance(tx, invitation, given, { userId: user.id, client });
      const opened = await opening.open(tx, user.id, client);
      if (!opened) throw unusableToken();
      return opened;
    });
    return sessions.tokensOf(session);
  }

  /**
   * @param grantOf how to look up what the inviter may do, and what the role grants
   * @throws BAD_USER_INPUT when this token does not open this invitation, or not any more
   */
  async #requireGood(
    tx: TenantTransaction,
    { hash }: OpaqueToken,
    invitation: OpenInvitation | null,
    grantOf: typeof heldGrant,
  ): Promise<{ invitation: OpenInvitation; given: HeldGrant }> {
    const { clock, users } = this.#options;
    if (!invitation || !hash.equals(invitation.secretHash)) throw unusableToken();
    if (invitation.expiresAt <= clock.now()) throw expiredToken();
    const [inviter] = await users.findByIds(tx, [invitation.invitedBy]);
    const held = inviter?.disabledAt === null ? await grantOf(tx, inviter) : null;
    const given = await grantOf(tx, invitation);
    if (!held || !given || !mayInvite(held, given)) {
      throw badField(
        'input.token',
        'Who sent this invitation may not invite any more. Ask for a new one.',
      );
    }
    return { invitation, given };
  }

  /** @throws ALREADY_EXISTS */
  async #requireNobody(tx: TenantTransaction, email: string, path: string): Promise<void> {
    if (!(await this.#options.users.hasAddress(tx, email))) return;
    throw alreadyExists(path, 'Somebody in this organization has this e-mail address.');
  }

  /**
   * An invitation that the caller may decide on, locked; and what its role grants.
   *
   * @throws NOT_FOUND, FORBIDDEN, BAD_USER_INPUT
   */
  async #lock(
    ctx: RequestContext,
    invitationId: string,
  ): Promise<{ found: InvitationRow; given: HeldGrant }> {
    const id = decodeId('inv', invitationId, 'input.invitationId');
    const { organizations, store, clock } = this.#options;
    // First, as whoever removes its role does.
    await organizations.hold(ctx.tx);
    const row = await store.findAndLock(ctx.tx, id, clock.now());
    const given = row && (await heldGrant(ctx.tx, row));
    if (!given) throw notFound(invitationId);
    requirePermissions(requireCaller(ctx), given.permissions);
    const { secretHash, ...found } = row;
    return { found, given };
  }

  async #countMail(ctx: RequestContext): Promise<void> {
    const { userId: account } = requireCaller(ctx);
    await this.#options.limit('invitation', { account, address: ctx.client.address });
  }

  #nextMail(ctx: RequestContext, id: string) {
    const { orgId, userId: invitedBy } = requireCaller(ctx);
    const { token, hash: secretHash } = makeOpaqueToken('invitation', { orgId, id });
    const lastSentAt = this.#options.clock.now();
    const expiresAt = new Date(lastSentAt.getTime() + LIFETIME_MS);
    return { id, token, sending: { invitedBy, secretHash, lastSentAt, expiresAt } };
  }

  async #send(ctx: RequestContext, { email }: InvitationRow, token: string): Promise<void> {
    const { outbox, appUrl } = this.#options;
    const { orgId, userId } = requireCaller(ctx);
    const [organization, inviter] = await Promise.all([
      ctx.use(OrganizationLoader).byId.load(orgId),
      ctx.use(UserLoader).byId.load(userId),
    ]);
    const names = { organization: organization?.name ?? '', inviter: inviter?.name ?? '' };
    await outbox.add(ctx.tx, invitationLetter({ appUrl, email, ...names }, token));
  }
}

/** Whether who holds the one could invite somebody to the other. */
function mayInvite({ permissions }: Grant, given: Grant): boolean {
  return permissions.has('users:write') && lacking(permissions, given.permissions) === undefined;
}
