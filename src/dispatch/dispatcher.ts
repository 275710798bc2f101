import { setTimeout as delay } from 'node:timers/promises';
import { NIL } from 'uuid';
import { backoffMs } from '../shared/backoff.js';
import type { Logger } from '../shared/logger.js';
import {
  DatabaseError,
  type Tenancy,
  type Tenant,
  type TenantTransaction,
} from '../tenancy/index.js';
import { Alarm } from './alarm.js';
import type { ErrandOutcome, Errands } from './errands.js';

export interface DispatcherOptions<Errand> {
  readonly tenancy: Tenancy;
  readonly errands: Errands<Errand>;
  readonly logger: Logger;
  readonly pace: {
    /** How often to look for what nobody has told of: put off, or added by another server. */
    readonly pollMs: number;
    /** What is under way at once. */
    readonly parallel: number;
  };
}

/** Between attempts to write down how it went; nothing but the database can be in the way. */
const FIRST_RECORD_RETRY_MS = 100;
const LONGEST_RECORD_RETRY_MS = 2_000;

/**
 * Carries out what was put down in transactions, once they stand. Any number of them may run on one database: an
 * errand belongs to who has claimed it, until the lease is over.
 *
 * An errand is claimed in one transaction, carried out outside of any, and written down in another. Who dies in
 * between, or cannot reach the database until the lease is over, leaves it to be carried out again, under the same id;
 * nothing else is ever carried out twice.
 */
export class Dispatcher<Errand> {
  readonly #options: DispatcherOptions<Errand>;
  readonly #underWay = new Set<Promise<void>>();
  readonly #alarm = new Alarm();
  /** Ends what is under way. */
  readonly #abort = new AbortController();
  #isStopping = false;
  #running: Promise<void> | undefined;
  /** Whether nothing at all gets through; told when it begins and when it is over. */
  #isInTrouble = false;
  /** Set while there is no point in trying the next one. */
  #isPausing = false;

  constructor(options: DispatcherOptions<Errand>) {
    this.#options = options;
  }

  /** Begins; calling it again does nothing. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Looks for what is due now instead of at the next poll. */
  wake(): void {
    this.#alarm.ring();
  }

  /**
   * Claims nothing more, lets what is under way come to its end, then cuts it off. What was cut off is tried again by
   * whoever is next.
   *
   * @param limitMs how long that may take
   */
  async stop(limitMs: number): Promise<void> {
    this.#isStopping = true;
    this.#alarm.ring();
    const deadline = setTimeout(() => this.#abort.abort(), limitMs);
    await this.#running;
    clearTimeout(deadline);
  }

  async #run(): Promise<void> {
    const { logger, pace, errands } = this.#options;
    while (!this.#isStopping) {
      try {
        await this.#carryOutAllThatIsDue();
      } catch (error) {
        // As a rule the database is away; the health check says so louder.
        logger.warn({ err: error }, errands.words.unreadable);
      }
      if (!this.#isStopping) await this.#alarm.wait(pace.pollMs);
    }
    await Promise.all(this.#underWay);
  }

  /**
   * Goes around the organizations that have something due, a little of each at a time, until nothing is. What is wrong
   * with the rows of one keeps nothing of the others.
   *
   * @throws what was wrong first
   */
  async #carryOutAllThatIsDue(): Promise<void> {
    const { errands } = this.#options;
    this.#isPausing = false;
    const faults: unknown[] = [];
    let claimed: number;
    do {
      claimed = 0;
      let orgIds: string[];
      let after: string = NIL;
      do {
        orgIds = await errands.findOrganizations(after);
        for (const orgId of orgIds) {
          claimed += await this.#carryOutSome({ orgId, userId: null }).catch((error: unknown) => {
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

  /** @returns how many are under way now */
  async #carryOutSome(tenant: Tenant): Promise<number> {
    const { tenancy, pace, errands } = this.#options;
    while (this.#underWay.size >= pace.parallel) await Promise.race(this.#underWay);
    if (!this.#mayGoOn) return 0;
    const limit = pace.parallel - this.#underWay.size;
    const claimed = await tenancy.withTenant(tenant, 'write', (tx) => errands.claim(tx, limit));
    for (const errand of claimed) {
      const doing = this.#carryOut(tenant, errand).finally(() => this.#underWay.delete(doing));
      this.#underWay.add(doing);
    }
    return claimed.length;
  }

  /** Carries out what is ours to do, and writes down how it went. Never rejects. */
  async #carryOut(tenant: Tenant, errand: Errand): Promise<void> {
    const outcome = await this.#options.errands.carryOut(tenant, errand, this.#abort.signal);
    this.#noteTrouble(outcome);
    await this.#record(tenant, errand, outcome.record);
  }

  /** Tries until it is written down: what was done must not be done again. */
  async #record(
    tenant: Tenant,
    errand: Errand,
    record: (tx: TenantTransaction) => Promise<void>,
  ): Promise<void> {
    const { tenancy, logger, errands } = this.#options;
    for (let attempt = 0; ; attempt++) {
      try {
        await tenancy.withTenant(tenant, 'write', record);
        return;
      } catch (error) {
        // What the database refuses it will refuse again: it is left to who claims it when the lease is over.
        const isLast = this.#abort.signal.aborted || isRefused(error);
        if (attempt === 0 || isLast) {
          logger.warn({ err: error, ...errands.logged(errand) }, errands.words.unrecorded);
        }
        if (isLast) return;
      }
      const longestMs = LONGEST_RECORD_RETRY_MS;
      await delay(backoffMs(attempt, { baseMs: FIRST_RECORD_RETRY_MS, longestMs }));
    }
  }

  #noteTrouble({ way, reason }: ErrandOutcome): void {
    const { logger, errands } = this.#options;
    if (way === 'open') {
      if (this.#isInTrouble) logger.info(errands.words.open);
      this.#isInTrouble = false;
    } else if (way === 'blocked') {
      this.#isPausing = true;
      if (!this.#isInTrouble) logger.warn({ reason }, errands.words.blocked);
      this.#isInTrouble = true;
    }
  }
}

/** Whether it is what was to be written that is wrong: values and constraints, SQLSTATE classes 22 and 23. */
function isRefused(error: unknown): boolean {
  return error instanceof DatabaseError && /^2[23]/.test(error.sqlState ?? '');
}
