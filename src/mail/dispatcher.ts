import { setTimeout as delay } from 'node:timers/promises';
import { NIL } from 'uuid';
import { backoffMs } from '../shared/backoff.js';
import type { Logger } from '../shared/logger.js';
import type { SecretBox } from '../shared/secret-box.js';
import type { Tenancy, Tenant, TenantTransaction } from '../tenancy/index.js';
import { Alarm } from './alarm.js';
import type { DispatchPace } from './dispatch-pace.js';
import { type ClaimedMail, OutgoingMailStore } from './outgoing-mail.store.js';
import { openMail } from './sealed-mail.js';
import { DeliveryError, type Transport } from './transport.js';

export interface DispatcherOptions {
  readonly tenancy: Tenancy;
  readonly transport: Transport;
  readonly box: SecretBox;
  readonly logger: Logger;
  readonly pace: DispatchPace;
}

const store = new OutgoingMailStore();

/** Between attempts to write down how it went; nothing but the database can be in the way. */
const FIRST_RECORD_RETRY_MS = 100;
const LONGEST_RECORD_RETRY_MS = 2_000;

/**
 * Sends the mail of the outbox. Any number of them may run on one database: a message belongs to who has
 * claimed it, until the lease is over.
 *
 * A message is claimed in one transaction, sent outside of any, and written down in another. Who dies in
 * between, or cannot reach the database until the lease is over, leaves it to be sent again, with the same
 * Message-ID; nothing else is ever sent twice.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #underWay = new Set<Promise<void>>();
  readonly #alarm = new Alarm();
  /** Ends what is under way. */
  readonly #abort = new AbortController();
  #isStopping = false;
  #running: Promise<void> | undefined;
  /** Whether no mail at all leaves; told when it begins and when it is over. */
  #isInTrouble = false;
  /** Set while there is no point in trying the next message. */
  #isPausing = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Begins to send; calling it again does nothing. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Looks for mail now instead of at the next poll. */
  wake(): void {
    this.#alarm.ring();
  }

  /**
   * Claims nothing more, lets what is being sent arrive, then cuts it off. What was cut off is tried again by
   * whoever is next.
   *
   * @param limitMs how long sending may take
   */
  async stop(limitMs: number): Promise<void> {
    this.#isStopping = true;
    this.#alarm.ring();
    const deadline = setTimeout(() => this.#abort.abort(), limitMs);
    await this.#running;
    clearTimeout(deadline);
  }

  async #run(): Promise<void> {
    const { logger, pace } = this.#options;
    while (!this.#isStopping) {
      try {
        await this.#sendAllThatIsDue();
      } catch (error) {
        // As a rule the database is away; the health check says so louder.
        logger.warn({ err: error }, 'the outbox cannot be read; trying again');
      }
      if (!this.#isStopping) await this.#alarm.wait(pace.pollMs);
    }
    await Promise.all(this.#underWay);
  }

  /**
   * Goes around the organizations that have mail, a little of each at a time, until nothing is due. What is wrong
   * with the rows of one keeps nothing of the others.
   *
   * @throws what was wrong first
   */
  async #sendAllThatIsDue(): Promise<void> {
    const { tenancy } = this.#options;
    this.#isPausing = false;
    const faults: unknown[] = [];
    let claimed: number;
    do {
      claimed = 0;
      let orgIds: string[];
      let after: string = NIL;
      do {
        orgIds = await tenancy.findOrganizationsWithDueMail(after);
        for (const orgId of orgIds) {
          claimed += await this.#sendSome({ orgId, userId: null }).catch((error: unknown) => {
            faults.push(error);
            return 0;
          });
        }
        after = orgIds.at(-1) ?? after;
      } while (orgIds.length > 0 && this.#mayGoOn);
    } while (claimed > 0 && this.#mayGoOn);
    if (faults.length > 0) throw faults[0];
  }

  get #mayGoOn(): boolean {
    return !this.#isStopping && !this.#isPausing;
  }

  /** @returns how many messages are on their way now */
  async #sendSome(tenant: Tenant): Promise<number> {
    const { tenancy, pace } = this.#options;
    const { parallel, leaseMs, giveUpAfterMs } = pace;
    while (this.#underWay.size >= parallel) await Promise.race(this.#underWay);
    if (!this.#mayGoOn) return 0;
    const limit = parallel - this.#underWay.size;
    const mails = await tenancy.withTenant(tenant, 'write', (tx) =>
      store.claim(tx, { limit, leaseMs, giveUpAfterMs }),
    );
    for (const mail of mails) {
      const sending = this.#deliver(tenant, mail).finally(() => this.#underWay.delete(sending));
      this.#underWay.add(sending);
    }
    return mails.length;
  }

  /** Sends a message that is ours to send, and writes down how it went. Never rejects. */
  async #deliver(tenant: Tenant, mail: ClaimedMail): Promise<void> {
    const failure = await this.#send(tenant, mail);
    this.#noteTrouble(failure);
    if (!failure) return this.#record(tenant, mail, (tx) => store.markSent(tx, mail.id));
    const reason = failure.message;
    // One that was cut off by us has not had its last attempt.
    if (failure.isFinal || (mail.isLastAttempt && !this.#abort.signal.aborted)) {
      const { logger } = this.#options;
      logger.error({ orgId: tenant.orgId, mailId: mail.id, reason }, 'a mail is given up');
      return this.#record(tenant, mail, (tx) => store.giveUp(tx, mail, reason));
    }
    const { firstRetryMs: baseMs, longestRetryMs: longestMs } = this.#options.pace;
    const delayMs = backoffMs(mail.attempts - 1, { baseMs, longestMs });
    return this.#record(tenant, mail, (tx) => store.putOff(tx, mail, { reason, delayMs }));
  }

  /** @returns why it did not arrive, as far as anybody knows; null when it did */
  async #send({ orgId }: Tenant, { id, sealed, createdAt }: ClaimedMail) {
    const { box, transport, pace } = this.#options;
    const mail = sealed && openMail(box, orgId, id, sealed);
    if (!mail) return new DeliveryError('cannot be opened: is DATA_KEY another one?', {});
    const limit = AbortSignal.any([this.#abort.signal, AbortSignal.timeout(pace.sendLimitMs)]);
    try {
      await transport.send({ id, createdAt, mail }, limit);
      return null;
    } catch (error) {
      if (error instanceof DeliveryError) return error;
      this.#options.logger.error({ err: error }, 'the mail transport is broken');
      return new DeliveryError('the transport is broken', { isGeneral: true });
    }
  }

  /** Tries until it is written down: a message that was sent must not be sent again. */
  async #record(
    tenant: Tenant,
    { id }: ClaimedMail,
    write: (tx: TenantTransaction) => Promise<void>,
  ): Promise<void> {
    const { tenancy, logger } = this.#options;
    for (let attempt = 0; ; attempt++) {
      try {
        await tenancy.withTenant(tenant, 'write', write);
        return;
      } catch (error) {
        const isLast = this.#abort.signal.aborted;
        if (attempt === 0 || isLast) {
          logger.warn({ err: error, mailId: id }, 'cannot write down what became of a mail');
        }
        if (isLast) return;
      }
      const longestMs = LONGEST_RECORD_RETRY_MS;
      await delay(backoffMs(attempt, { baseMs: FIRST_RECORD_RETRY_MS, longestMs }));
    }
  }

  #noteTrouble(failure: DeliveryError | null): void {
    const { logger } = this.#options;
    if (!failure) {
      if (this.#isInTrouble) logger.info('mail leaves again');
      this.#isInTrouble = false;
    } else if (failure.isGeneral) {
      this.#isPausing = true;
      if (!this.#isInTrouble) {
        logger.warn(
          { reason: failure.message },
          'mail does not leave; it is kept, and tried again',
        );
      }
      this.#isInTrouble = true;
    }
  }
}
