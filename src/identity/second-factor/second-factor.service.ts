import type { Clock } from '../../shared/clock.js';
import { badField, notFound } from '../../shared/errors.js';
import { decodeId, encodeId } from '../../shared/ids.js';
import type { SecretBox } from '../../shared/secret-box.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { recordUserEvent } from '../audit/user-events.js';
import { requirePermissions } from '../authorization.js';
import type { PasswordCheck } from '../defence/password-check.js';
import { OrganizationLoader } from '../organization/organization.loader.js';
import type { OrganizationStore } from '../organization/organization.store.js';
import { may, type RequestContext, requireCaller, requireSession } from '../request-context.js';
import { heldGrant } from '../role/held-grant.js';
import type { SessionStore } from '../session/session.store.js';
import { requireSelf, UserLoader } from '../user/user.loader.js';
import type { UserRow, UserStore } from '../user/user.store.js';
import { newRecoveryCodes, recoveryCodeHash } from './recovery-code.js';
import type { RecoveryCodeStore } from './recovery-code.store.js';
import type {
  ConfirmSecondFactorInput,
  DisableSecondFactorInput,
  EnrollSecondFactorInput,
  RenewRecoveryCodesInput,
  ResetSecondFactorInput,
} from './second-factor.input.js';
import { SecondFactorLoader } from './second-factor.loader.js';
import type { SecondFactorStore } from './second-factor.store.js';
import type { RecoveryCodes, SecondFactorEnrollment } from './second-factor.type.js';
import { type SecondFactorCheck, sealedFor } from './second-factor-check.js';
import { newTotpSecret, totpStep, totpUri } from './totp.js';

export interface SecondFactorServiceOptions {
  readonly factors: SecondFactorStore;
  readonly recoveryCodes: RecoveryCodeStore;
  readonly check: SecondFactorCheck;
  readonly organizations: OrganizationStore;
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly passwordCheck: PasswordCheck;
  readonly secretBox: SecretBox;
  readonly clock: Clock;
}

export class SecondFactorService {
  readonly #options: SecondFactorServiceOptions;

  constructor(options: SecondFactorServiceOptions) {
    this.#options = options;
  }

  /** @returns null for who may not know */
  async isEnabled(ctx: RequestContext, userId: string): Promise<boolean | null> {
    if (requireCaller(ctx).userId !== userId && !may(ctx, 'users:write')) return null;
    return (await ctx.use(SecondFactorLoader).confirmedOf.load(userId)) !== null;
  }

  /** @throws BAD_USER_INPUT for a wrong password, or where a second factor is on; NOT_FOUND; RATE_LIMITED */
  async enroll(
    ctx: RequestContext,
    { password }: EnrollSecondFactorInput,
  ): Promise<SecondFactorEnrollment> {
    const { passwordCheck, factors, secretBox } = this.#options;
    const { orgId, userId } = requireSession(ctx);
    await passwordCheck.require(ctx, password, 'input.password');
    const { email } = await requireSelf(ctx);
    const secret = newTotpSecret();
    const sealed = secretBox.seal(secret, sealedFor(orgId, userId));
    if (!(await factors.enroll(ctx.tx, userId, sealed))) {
      throw badField('input', 'You have a second factor already. Disable it first.');
    }
    const organization = await ctx.use(OrganizationLoader).byId.load(orgId);
    const uri = totpUri(secret, { organization: organization?.name ?? '', email });
    return { setupKey: secret, uri };
  }

  /** @throws BAD_USER_INPUT for a wrong code, or where none was begun; NOT_FOUND; RATE_LIMITED */
  async confirm(ctx: RequestContext, { code }: ConfirmSecondFactorInput): Promise<RecoveryCodes> {
    const { passwordCheck, factors, users, sessions, secretBox, clock } = this.#options;
    const { orgId, userId, sessionId } = requireSession(ctx);
    await passwordCheck.take(ctx);
    // Who signs in at this moment waits, and is asked for a code; or is in already, and found below.
    const user = await users.findAndLock(ctx.tx, userId);
    if (!user) throw notFound(encodeId('user', userId));
    const factor = await factors.find(ctx.tx, userId);
    if (!factor || factor.confirmedAt !== null) throw nothingToConfirm();
    const secret = secretBox.open(factor.secretSealed, sealedFor(orgId, userId));
    const now = clock.now();
    const step = secret === null ? null : totpStep(secret, code, { now, lastStep: null });
    if (step === null) throw wrongCode();
    const confirmation = { confirmedAt: now, lastStep: step };
    if (!(await factors.confirm(ctx.tx, userId, factor, confirmation))) throw nothingToConfirm();
    await passwordCheck.passed(ctx);
    const codes = await this.#giveRecoveryCodes(ctx, userId);
    await sessions.deleteOfUser(ctx.tx, userId, sessionId);
    await recordUserEvent(ctx, AuditEventKind.USER_SECOND_FACTOR_ENABLED, userId, {});
    return codes;
  }

  /** @throws BAD_USER_INPUT for a wrong password or code, or where there is none; RATE_LIMITED */
  async disable(
    ctx: RequestContext,
    { password, code }: DisableSecondFactorInput,
  ): Promise<UserRow> {
    const { passwordCheck, check } = this.#options;
    const { userId } = requireSession(ctx);
    if ((password == null) === (code == null)) {
      throw badField('input', 'Give either your password or a code.');
    }
    if (password != null) await passwordCheck.require(ctx, password, 'input.password');
    else {
      await passwordCheck.take(ctx);
      const verdict = await check.check(ctx.tx, userId, code ?? null, ctx.client.address);
      if (verdict === 'wrong') throw wrongCode();
      if (verdict !== 'good') throw noFactor();
      await passwordCheck.passed(ctx);
    }
    if (!(await this.#remove(ctx, userId))) throw noFactor();
    return this.#user(ctx, userId);
  }

  /** @throws BAD_USER_INPUT for a wrong password, or where there is no second factor; RATE_LIMITED */
  async renewRecoveryCodes(
    ctx: RequestContext,
    { password }: RenewRecoveryCodesInput,
  ): Promise<RecoveryCodes> {
    const { passwordCheck, factors } = this.#options;
    const { userId } = requireSession(ctx);
    await passwordCheck.require(ctx, password, 'input.password');
    if (!(await factors.findAndLock(ctx.tx, userId))) throw noFactor();
    const codes = await this.#giveRecoveryCodes(ctx, userId);
    const fields = ['recoveryCodes'];
    await recordUserEvent(ctx, AuditEventKind.USER_UPDATED, userId, { fields });
    return codes;
  }

  /**
   * @throws NOT_FOUND; FORBIDDEN when the caller lacks a permission of the user; BAD_USER_INPUT
   *   when it is the caller
   */
  async reset(ctx: RequestContext, input: ResetSecondFactorInput): Promise<UserRow> {
    const caller = requireCaller(ctx);
    const { organizations, users } = this.#options;
    const userId = decodeId('user', input.userId, 'input.userId');
    // First the organization, like whatever administers users: removing the factor locks it, too.
    await organizations.lock(ctx.tx);
    const user = await users.findAndLock(ctx.tx, userId);
    if (!user) throw notFound(input.userId);
    const held = await heldGrant(ctx.tx, user);
    requirePermissions(caller, held?.permissions ?? new Set());
    if (user.id === caller.userId) {
      throw badField('input.userId', 'This is you: use disableSecondFactor.');
    }
    await this.#remove(ctx, user.id);
    return user;
  }

  /** @returns whether there was a confirmed one; one that was only begun goes as well */
  async #remove(ctx: RequestContext, userId: string): Promise<boolean> {
    const { factors, recoveryCodes } = this.#options;
    const wasOn = await factors.deleteOfUser(ctx.tx, userId);
    await recoveryCodes.deleteOfUser(ctx.tx, userId);
    if (wasOn) await recordUserEvent(ctx, AuditEventKind.USER_SECOND_FACTOR_DISABLED, userId, {});
    return wasOn;
  }

  async #giveRecoveryCodes(ctx: RequestContext, userId: string): Promise<RecoveryCodes> {
    const codes = newRecoveryCodes();
    await this.#options.recoveryCodes.replace(ctx.tx, userId, codes.map(recoveryCodeHash));
    return { codes };
  }

  async #user(ctx: RequestContext, userId: string): Promise<UserRow> {
    const user = await ctx.use(UserLoader).byId.load(userId);
    if (!user) throw notFound(encodeId('user', userId));
    return user;
  }
}

function wrongCode() {
  return badField(
    'input.code',
    'This code is not good. Wait for the next one, and check the clock of your device.',
  );
}

function nothingToConfirm() {
  return badField('input', 'There is no second factor to confirm. Enroll one first.');
}

function noFactor() {
  return badField('input', 'You have no second factor.');
}
