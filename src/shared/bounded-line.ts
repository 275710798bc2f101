import { unavailable } from './errors.js';

export interface BoundedLineOptions {
  /** How much runs at once. */
  readonly limit: number;
  /** How much may wait. */
  readonly room: number;
  /** How much of that for one owner; all of it without. */
  readonly roomOfOne?: number;
  /** How long it may wait; until its turn comes without. */
  readonly waitLimitMs?: number;
  /** What who is turned away is told, as a sentence. */
  readonly refusal: string;
}

interface Place {
  readonly owner: string | null;
  settle(hasTurn: boolean): void;
}

/**
 * Lets so much run at once and no more, in order of arrival. Who comes when the line is full, or has waited
 * for too long, is turned away; no owner fills it alone.
 */
export class BoundedLine {
  readonly #options: BoundedLineOptions;
  /** One for all: a stack would cost and say nothing. */
  readonly #refusal: Error;
  readonly #places = new Set<Place>();
  readonly #waitingOf = new Map<string | null, number>();
  #running = 0;

  constructor(options: BoundedLineOptions) {
    this.#options = options;
    this.#refusal = unavailable(options.refusal);
  }

  /**
   * @param owner whose room is used; null where nobody's is limited
   * @throws UNAVAILABLE for who is turned away
   */
  async run<T>(owner: string | null, work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#options.limit) this.#running++;
    else await this.#turn(owner);
    try {
      return await work();
    } finally {
      this.#passOn();
    }
  }

  #turn(owner: string | null): Promise<void> {
    const { room, roomOfOne = room, waitLimitMs } = this.#options;
    const ofOwner = this.#waitingOf.get(owner) ?? 0;
    if (this.#places.size >= room || ofOwner >= roomOfOne) return Promise.reject(this.#refusal);
    this.#waitingOf.set(owner, ofOwner + 1);
    return new Promise((resolve, reject) => {
      const place: Place = {
        owner,
        settle: (hasTurn) => {
          clearTimeout(expiry);
          this.#remove(place);
          if (hasTurn) resolve();
          else reject(this.#refusal);
        },
      };
      const expiry =
        waitLimitMs === undefined
          ? undefined
          : // What waits has a connection that keeps the process running.
            setTimeout(() => place.settle(false), waitLimitMs).unref();
      this.#places.add(place);
    });
  }

  /** Whoever ends gives the turn to the next, if there is anybody. */
  #passOn(): void {
    const [next] = this.#places;
    if (next) next.settle(true);
    else this.#running--;
  }

  #remove(place: Place): void {
    this.#places.delete(place);
    const left = (this.#waitingOf.get(place.owner) ?? 1) - 1;
    if (left > 0) this.#waitingOf.set(place.owner, left);
    else this.#waitingOf.delete(place.owner);
  }
}
