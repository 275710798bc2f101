import type { Clock } from '../../shared/clock.js';
import type { SecretBox } from '../../shared/secret-box.js';
import type { TenantTransaction } from '../../tenancy/index.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { recordSessionEvent } from '../audit/session-events.js';
import { recoveryCodeHash } from './recovery-code.js';
import type { RecoveryCodeStore } from './recovery-code.store.js';
import type { SecondFactorStore } from './second-factor.store.js';
import { isTotpCode, totpStep } from './totp.js';

/** `not needed` where the user has no second factor. */
export type SecondFactorVerdict = 'not needed' | 'good' | 'lacking' | 'wrong';

export interface SecondFactorCheckOptions {
  readonly factors: SecondFactorStore;
  readonly recoveryCodes: RecoveryCodeStore;
  readonly secretBox: SecretBox;
  readonly clock: Clock;
}

/** What the secret of a user is sealed for. */
export function sealedFor(orgId: string, userId: string) {
  return { purpose: 'totp secret', orgId, id: userId };
}

/**
 * Checks codes of second factors, and uses them up. Every way to sign in that starts from what somebody
 * knows, a password or a mailbox, passes here before it opens a session.
 */
export class SecondFactorCheck {
  readonly #options: SecondFactorCheckOptions;

  constructor(options: SecondFactorCheckOptions) {
    this.#options = options;
  }

  /**
   * @param tx of the user's organization; a good code is used up if it commits
   * @param code of the authenticator app or for recovery; null where none was given
   * @param address of the client, for the audit trail
   */
  async check(
    tx: TenantTransaction,
    userId: string,
    code: string | null,
    address: string | null,
  ): Promise<SecondFactorVerdict> {
    const { factors, recoveryCodes, secretBox, clock } = this.#options;
    const factor = await factors.findAndLock(tx, userId);
    if (!factor) return 'not needed';
    if (code === null) return 'lacking';
    if (isTotpCode(code)) {
      const secret = secretBox.open(factor.secretSealed, sealedFor(tx.tenant.orgId, userId));
      if (secret === null)
        throw new Error(
          'The secret of a second factor does not open: DATA_KEY or JWT_SECRET was changed',
        );
      const { lastStep } = factor;
      const step = totpStep(secret, code, { now: clock.now(), lastStep });
      if (step === null) return 'wrong';
      await factors.use(tx, userId, step);
      return 'good';
    }
    if (!(await recoveryCodes.use(tx, userId, recoveryCodeHash(code)))) return 'wrong';
    await recordSessionEvent(tx, AuditEventKind.USER_RECOVERY_CODE_USED, {
      actorId: userId,
      subjectId: userId,
      address,
    });
    return 'good';
  }
}
