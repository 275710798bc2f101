import { NIL } from 'uuid';
import type { Logger } from '../shared/logger.js';
import type { Tenant } from '../tenancy/index.js';
import { Alarm } from './alarm.js';

/** What falls due by the time alone, so that nobody tells of it. */
export interface Sweeping {
  /**
   * Which organizations may have something due.
   *
   * @param after UUID behind which to look
   * @returns UUIDs in their order; none when there are no more
   */
  findOrganizations(after: string): Promise<string[]>;

  /**
   * Does what is due in one of them, a little in each transaction. Others may be at it as well.
   *
   * @param mayGoOn false when it is time to stop
   */
  sweep(tenant: Tenant, mayGoOn: () => boolean): Promise<void>;

  /** How often to look. */
  readonly everyMs: number;
  /** A sentence for the log, when something was in the way. */
  readonly failed: string;
}

/**
 * Looks from time to time for what is due, in one organization after the other. Any number of them may run on one
 * database.
 */
export class Sweeper {
  readonly #sweeping: Sweeping;
  readonly #logger: Logger;
  readonly #alarm = new Alarm();
  #isStopping = false;
  #running: Promise<void> | undefined;

  constructor(sweeping: Sweeping, logger: Logger) {
    this.#sweeping = sweeping;
    this.#logger = logger;
  }

  /** Begins to sweep; calling it again does nothing. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when the transaction under way is done. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#alarm.ring();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { everyMs, failed } = this.#sweeping;
    while (!this.#isStopping) {
      try {
        await this.#sweepAll();
      } catch (error) {
        this.#logger.warn({ err: error }, failed);
      }
      if (!this.#isStopping) await this.#alarm.wait(everyMs);
    }
  }

  /** What is wrong in one organization keeps nothing of the others. @throws what was wrong first */
  async #sweepAll(): Promise<void> {
    const mayGoOn = () => !this.#isStopping;
    const faults: unknown[] = [];
    let orgIds: string[];
    let after: string = NIL;
    do {
      orgIds = await this.#sweeping.findOrganizations(after);
      for (const orgId of orgIds) {
        if (!mayGoOn()) break;
        await this.#sweeping
          .sweep({ orgId, userId: null }, mayGoOn)
          .catch((error: unknown) => faults.push(error));
      }
      after = orgIds.at(-1) ?? after;
    } while (orgIds.length > 0 && mayGoOn());
    if (faults.length > 0) throw faults[0];
  }
}
