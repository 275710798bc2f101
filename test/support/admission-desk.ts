import { EventEmitter } from 'node:events';
import { expect, jest } from '@jest/globals';
import { pino } from 'pino';
import type { AdmissionSettings } from '../../src/config/environment.js';
import { Admission, type Client, SERVER_BUSY } from '../../src/server/admission.js';

export const WAIT_LIMIT_MS = 1_000;
/** Operations that run until the test ends them, and what became of every one that was asked for. */
export class Desk {
  readonly log: Record<string, unknown>[] = [];
  readonly admission: Admission;
  /** Names of operations, in the order in which they began. */
  readonly begun: string[] = [];
  readonly refused: string[] = [];
  readonly ended: string[] = [];
  readonly #ends = new Map<string, () => void>();

  constructor(limit: number, settings: Partial<AdmissionSettings> = {}) {
    const logger = pino({ level: 'warn' }, { write: (line) => this.log.push(JSON.parse(line)) });
    const all = { waitingOperations: 100, waitLimitMs: WAIT_LIMIT_MS, ...settings };
    this.admission = new Admission(all, limit, logger);
  }

  /** @param name its first letter is the organization; `-` stands for nobody */
  ask(name: string, bytes = 0, client: Client = new EventEmitter()): void {
    const applicant = { organization: organizationOf(name), bytes };
    const operation = () => {
      this.begun.push(name);
      return new Promise<void>((resolve) => this.#ends.set(name, resolve));
    };
    this.admission.run(applicant, client, operation).then(
      () => this.ended.push(name),
      (error) => {
        expect(error).toBe(SERVER_BUSY);
        this.refused.push(name);
      },
    );
  }

  askAll(...names: string[]): void {
    for (const name of names) this.ask(name);
  }

  isOpenTo(name: string): boolean {
    return this.admission.hasRoomFor({ organization: organizationOf(name), bytes: 0 });
  }

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.();
    this.#ends.delete(name);
    await settled();
  }

  /** Ends whatever runs, and what begins then, until nothing does. */
  async endAll(): Promise<void> {
    for (let [name] = this.#ends.keys(); name; [name] = this.#ends.keys()) await this.end(name);
  }
}

const organizationOf = (name: string) => (name.startsWith('-') ? null : (name[0] as string));

/** As many turns of the event loop as operations may need to begin, in no time. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await turnOfTheEventLoop();
}

export const turnOfTheEventLoop = () => new Promise((resolve) => setImmediate(resolve));

export async function pass(milliseconds: number): Promise<void> {
  await jest.advanceTimersByTimeAsync(milliseconds);
  await settled();
}

export const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
