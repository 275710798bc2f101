import { rateLimited } from '../shared/errors.js';
import { SERVER_BUSY } from './admission.js';

/** The part of the slots that may be taken by what takes minutes: the rest goes on in the meantime. */
const PART_OF_SLOTS = 0.5;

/** And of these, by one organization. */
const PART_OF_ONE = 0.5;

const RETRY_AFTER_SECONDS = 5;

/**
 * How many requests may take minutes at once. Each of them keeps a connection to the database, however slow
 * its client is, so they must never have all.
 */
export class TransferSlots {
  readonly #limit: number;
  readonly #limitOfOne: number;
  readonly #running = new Map<string, number>();
  #count = 0;

  /** @param slots operations that may run at once */
  constructor(slots: number) {
    this.#limit = Math.max(1, Math.floor(slots * PART_OF_SLOTS));
    this.#limitOfOne = Math.max(1, Math.floor(this.#limit * PART_OF_ONE));
  }

  /**
   * @returns what gives the slot back; called once
   * @throws RATE_LIMITED when the organization has as many as it may; SERVER_BUSY when all are taken
   */
  take(orgId: string): () => void {
    const running = this.#running.get(orgId) ?? 0;
    if (running >= this.#limitOfOne) {
      throw rateLimited(
        'Your organization has as many imports and exports under way as it may. Wait for one to end.',
        RETRY_AFTER_SECONDS,
      );
    }
    if (this.#count >= this.#limit) throw SERVER_BUSY;
    this.#count++;
    this.#running.set(orgId, running + 1);
    return () => this.#giveBack(orgId);
  }

  #giveBack(orgId: string): void {
    this.#count--;
    const running = (this.#running.get(orgId) ?? 0) - 1;
    if (running > 0) this.#running.set(orgId, running);
    else this.#running.delete(orgId);
  }
}
