import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { SERVER_BUSY } from '../../../src/server/admission.js';
import type { ProxiedApi } from '../proxied-api.js';
import { AnswerCheck } from '../safe-answer.js';
import { FaultInjector } from './faults.js';
import { History } from './history.js';
import { type Abort, type HttpAnswer, HttpClient } from './http-client.js';
import type { Operation, OperationKind } from './operation.js';
import { settingsLeft } from './pooled-connections.js';
import type { Random } from './random.js';
import type { Workload } from './workload.js';

const CLIENTS_PER_ORGANIZATION = 4;
const RETRY_AFTER_MS = 100;

/** One in so many operations comes with the fault. */
const ONE_IN = { abort: 9, terminate: 120, cutCommit: 110, sample: 50 };

/** Every so many operations: all backends ended, all connections cut, and rows that somebody locks. */
const EVERY = { terminateAll: 900, cut: 700, lock: 800 };

/** Before a request gets to wait for a lock, it may be turned away, or lose its connection. */
const ATTEMPTS_TO_WAIT = 20;

/** Operations of many clients of several organizations, with faults in between. */
export class Interleaving {
  readonly history: History;
  readonly faults: FaultInjector;
  readonly counts = { operations: 0, aborted: 0, timedOut: 0, turnedAway: 0, lost: 0, samples: 0 };
  readonly kinds = new Map<OperationKind, number>();
  /** Settings that were found on a pooled connection between two transactions. */
  readonly settingsFound: string[] = [];
  readonly #api: ProxiedApi;
  readonly #workloads: readonly Workload[];
  readonly #http: HttpClient;
  /** Faults under way that nobody waits for. */
  readonly #background = new Set<Promise<void>>();
  #planned = 0;

  private constructor(
    api: ProxiedApi,
    workloads: readonly Workload[],
    admin: pg.Client,
    check: AnswerCheck,
  ) {
    this.#api = api;
    this.#workloads = workloads;
    this.#http = new HttpClient(api.url);
    this.history = new History(check);
    this.faults = new FaultInjector(admin, api.proxy, api.witness.database.superuserUrl);
  }

  /** @param admin a superuser's connection to the database of the API */
  static async of(
    api: ProxiedApi,
    workloads: readonly Workload[],
    admin: pg.Client,
  ): Promise<Interleaving> {
    const check = await AnswerCheck.of(api.witness.database);
    return new Interleaving(api, workloads, admin, check);
  }

  /** Runs as many operations to their end, and what they have set off. */
  async run(operations: number, random: Random): Promise<void> {
    const client = async (workload: Workload, own: Random) => {
      while (this.#planned < operations) {
        this.#planned += 1;
        this.#maybeFault(this.#planned, own);
        const answer = await this.perform(workload, workload.next(own), abortOf(own));
        // Who is turned away comes again later, as the answer says.
        if (isTold(answer, SERVER_BUSY.message)) await sleep(RETRY_AFTER_MS);
      }
    };
    await Promise.all(
      this.#workloads.flatMap((workload) =>
        Array.from({ length: CLIENTS_PER_ORGANIZATION }, () => client(workload, random.fork())),
      ),
    );
    await Promise.all(this.#background);
  }

  close(): void {
    this.#http.close();
  }

  /** Sends one operation, and takes down how it ended. */
  async perform(
    workload: Workload,
    operation: Operation,
    abort?: Abort,
  ): Promise<HttpAnswer | null> {
    const answer = await this.#http.send(headersOf(workload, operation), operation, abort);
    this.history.record(workload, operation, answer);
    this.counts.operations += 1;
    this.kinds.set(operation.kind, (this.kinds.get(operation.kind) ?? 0) + 1);
    if (!answer) this.counts.aborted += 1;
    if (isTold(answer, 'took longer')) this.counts.timedOut += 1;
    if (isTold(answer, SERVER_BUSY.message)) this.counts.turnedAway += 1;
    if (isTold(answer, 'cannot be reached') || isTold(answer, 'was lost while saving')) {
      this.counts.lost += 1;
    }
    return answer;
  }

  #maybeFault(operation: number, random: Random): void {
    const { faults } = this;
    if (random.chance(1 / ONE_IN.terminate)) this.#inBackground(faults.terminate(random, 'one'));
    if (random.chance(1 / ONE_IN.cutCommit)) faults.cutNextCommit(random);
    if (random.chance(1 / ONE_IN.sample)) this.#inBackground(this.#sample());
    if (operation % EVERY.terminateAll === 0) this.#inBackground(faults.terminate(random, 'all'));
    if (operation % EVERY.cut === 0) faults.cut();
    if (operation % EVERY.lock === 0) {
      const exhausting = (operation / EVERY.lock) % 2 === 0;
      this.#inBackground(this.#waitForLocks(random, exhausting ? this.#poolSize : 1));
    }
  }

  get #poolSize(): number {
    return this.#api.app.tenancy.poolFigures.limit;
  }

  /** As many requests as that wait for a lock, each on a connection, until they time out. */
  async #waitForLocks(random: Random, requests: number): Promise<void> {
    const from = random.below(this.#workloads.length);
    const waiting = Array.from(
      { length: requests },
      (_, index) => this.#workloads[(from + index) % this.#workloads.length] as Workload,
    );
    await this.faults.whileLocked(
      waiting.map(({ contendedTask }) => contendedTask),
      () => Promise.all(waiting.map((workload) => this.#timeOut(workload))),
    );
  }

  async #timeOut(workload: Workload): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS_TO_WAIT; attempt++) {
      const answer = await this.perform(workload, workload.contend());
      if (isTold(answer, 'took longer')) return;
      await sleep(RETRY_AFTER_MS);
    }
  }

  async #sample(): Promise<void> {
    try {
      this.settingsFound.push(...(await settingsLeft(this.#api.app.tenancy)));
      this.counts.samples += 1;
    } catch {
      // Terminated or turned away, like any other request.
    }
  }

  #inBackground(fault: Promise<void>): void {
    const settled = fault.finally(() => this.#background.delete(settled));
    this.#background.add(settled);
  }
}

function headersOf({ organization }: Workload, { as }: Operation): Record<string, string> {
  if (typeof as !== 'string') return as.headers;
  return { authorization: `Bearer ${organization[as].token}` };
}

function abortOf(random: Random): Abort | undefined {
  if (!random.chance(1 / ONE_IN.abort)) return undefined;
  const afterMs = random.below(12);
  return random.pick<Abort>(['while sending', { afterMs }, { afterMs }, 'while receiving']);
}

function isTold(answer: HttpAnswer | null, words: string): boolean {
  return answer?.errors?.some(({ message }) => message.includes(words)) === true;
}
