import { NIL } from 'uuid';
import { Alarm } from '../dispatch/index.js';
import type { Logger } from '../shared/logger.js';
import type { Tenancy } from '../tenancy/index.js';
import type { DispatchPace } from './dispatch-pace.js';
import { OutgoingMailStore } from './outgoing-mail.store.js';

export interface SweeperOptions {
  readonly tenancy: Tenancy;
  readonly logger: Logger;
  readonly pace: DispatchPace;
}

const store = new OutgoingMailStore();

/**
 * Forgets mail that left, or was given up, long ago: of every organization, whether it has mail again or not.
 * Any number of them may run on one database.
 */
export class Sweeper {
  readonly #options: SweeperOptions;
  readonly #alarm = new Alarm();
  #isStopping = false;
  #running: Promise<void> | undefined;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  /** Begins to sweep; calling it again does nothing. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when the statement under way is done. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#alarm.ring();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { logger, pace } = this.#options;
    while (!this.#isStopping) {
      try {
        await this.#sweep();
      } catch (error) {
        logger.warn({ err: error }, 'old mail cannot be forgotten; trying again later');
      }
      if (!this.#isStopping) await this.#alarm.wait(pace.sweepMs);
    }
  }

  async #sweep(): Promise<void> {
    const { tenancy, pace } = this.#options;
    let orgIds: string[];
    let after: string = NIL;
    do {
      orgIds = await tenancy.findOrganizationsWithOldMail(after, pace.keepMs);
      for (const orgId of orgIds) await this.#forget(orgId);
      after = orgIds.at(-1) ?? after;
    } while (orgIds.length > 0 && !this.#isStopping);
  }

  async #forget(orgId: string): Promise<void> {
    const { tenancy, pace } = this.#options;
    let isMore = true;
    while (isMore && !this.#isStopping) {
      isMore = await tenancy.withTenant({ orgId, userId: null }, 'write', (tx) =>
        store.forget(tx, pace.keepMs),
      );
    }
  }
}
