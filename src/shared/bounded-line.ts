import { unavailable } from './errors.js';

export interface BoundedLineOptions {
  /** How much runs at once. */
  readonly limit: number;
  /** How much may wait. */
  readonly room: number;
  /** How much of that for one owner. */
  readonly roomOfOne: number;
  readonly waitLimitMs: number;
}

/** One for all: a stack would cost and say nothing. */
const LINE_FULL = unavailable(
  'Too many credentials are being checked at the moment. Try again shortly.',
);

interface Place {
  readonly owner: string;
  settle(hasTurn: boolean): void;
}

/**
 * Lets so much run at once and no more, in order of arrival. Who comes when the line is full, or has waited
 * for too long, is turned away; no owner fills it alone.
 */
export class BoundedLine {
  readonly #options: BoundedLineOptions;
  readonly #places = new Set<Place>();
  readonly #waitingOf = new Map<string, number>();
  #running = 0;

  constructor(options: BoundedLineOptions) {
    this.#options = options;
  }

  /** @throws UNAVAILABLE for who is turned away */
  async run<T>(owner: string, work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#options.limit) this.#running++;
    else await this.#turn(owner);
    try {
      return await work();
    } finally {
      this.#passOn();
    }
  }

  #turn(owner: string): Promise<void> {
    const { room, roomOfOne, waitLimitMs } = this.#options;
    const ofOwner = this.#waitingOf.get(owner) ?? 0;
    if (this.#places.size >= room || ofOwner >= roomOfOne) return Promise.reject(LINE_FULL);
    this.#waitingOf.set(owner, ofOwner + 1);
    return new Promise((resolve, reject) => {
      const place: Place = {
        owner,
        settle: (hasTurn) => {
          clearTimeout(expiry);
          this.#remove(place);
          if (hasTurn) resolve();
          else reject(LINE_FULL);
        },
      };
      const expiry = setTimeout(() => place.settle(false), waitLimitMs);
      // What waits has a connection that keeps the process running.
      expiry.unref();
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
