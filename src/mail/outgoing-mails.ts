import type { ErrandOutcome, Errands } from '../dispatch/index.js';
import { backoffMs } from '../shared/backoff.js';
import type { Logger } from '../shared/logger.js';
import type { SecretBox } from '../shared/secret-box.js';
import type { Tenancy, Tenant, TenantTransaction } from '../tenancy/index.js';
import type { DispatchPace } from './dispatch-pace.js';
import { type ClaimedMail, OutgoingMailStore } from './outgoing-mail.store.js';
import { openMail } from './sealed-mail.js';
import { DeliveryError, type Transport } from './transport.js';

export interface OutgoingMailsOptions {
  readonly tenancy: Tenancy;
  readonly transport: Transport;
  readonly box: SecretBox;
  readonly logger: Logger;
  readonly pace: DispatchPace;
}

const store = new OutgoingMailStore();

/** The mail of the outbox, to be sent: one that is sent a second time has the same Message-ID. */
export class OutgoingMails implements Errands<ClaimedMail> {
  readonly #options: OutgoingMailsOptions;

  readonly words = {
    unreadable: 'the outbox cannot be read; trying again',
    unrecorded: 'cannot write down what became of a mail',
    blocked: 'mail does not leave; it is kept, and tried again',
    open: 'mail leaves again',
  };

  constructor(options: OutgoingMailsOptions) {
    this.#options = options;
  }

  findOrganizations(after: string): Promise<string[]> {
    return this.#options.tenancy.findOrganizationsWithDueMail(after);
  }

  claim(tx: TenantTransaction, limit: number): Promise<ClaimedMail[]> {
    const { leaseMs, giveUpAfterMs } = this.#options.pace;
    return store.claim(tx, { limit, leaseMs, giveUpAfterMs });
  }

  logged({ id }: ClaimedMail): object {
    return { mailId: id };
  }

  async carryOut(tenant: Tenant, mail: ClaimedMail, cutOff: AbortSignal): Promise<ErrandOutcome> {
    const failure = await this.#send(tenant, mail, cutOff);
    if (!failure) return { way: 'open', record: (tx) => store.markSent(tx, mail.id) };
    const reason = failure.message;
    const way = failure.isGeneral ? 'blocked' : undefined;
    // One that was cut off by us has not had its last attempt.
    if (failure.isFinal || (mail.isLastAttempt && !cutOff.aborted)) {
      const { logger } = this.#options;
      logger.error({ orgId: tenant.orgId, mailId: mail.id, reason }, 'a mail is given up');
      return { way, reason, record: (tx) => store.giveUp(tx, mail, reason) };
    }
    const { firstRetryMs: baseMs, longestRetryMs: longestMs } = this.#options.pace;
    const delayMs = backoffMs(mail.attempts - 1, { baseMs, longestMs });
    return { way, reason, record: (tx) => store.putOff(tx, mail, { reason, delayMs }) };
  }

  /** @returns why it did not arrive, as far as anybody knows; null when it did */
  async #send(
    { orgId }: Tenant,
    { id, sealed, createdAt }: ClaimedMail,
    cutOff: AbortSignal,
  ): Promise<DeliveryError | null> {
    const { box, transport, pace } = this.#options;
    const mail = sealed && openMail(box, orgId, id, sealed);
    if (!mail) return new DeliveryError('cannot be opened: is DATA_KEY another one?', {});
    const limit = AbortSignal.any([cutOff, AbortSignal.timeout(pace.sendLimitMs)]);
    try {
      await transport.send({ id, createdAt, mail }, limit);
      return null;
    } catch (error) {
      if (error instanceof DeliveryError) return error;
      this.#options.logger.error({ err: error }, 'the mail transport is broken');
      return new DeliveryError('the transport is broken', { isGeneral: true });
    }
  }
}
