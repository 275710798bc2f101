/** So long a stretch of work is looked at as one, in milliseconds. */
const STRETCH_MS = 100;

/** What was seen so long ago says nothing about what begins now, in milliseconds. */
const FORGOTTEN_AFTER_MS = 1_000;

/** How much the last stretch counts beside all before it. */
const WEIGHT = 0.3;

/**
 * How fast those who wait get their turn, seen while there was always somebody waiting: what comes in
 * otherwise says how much is asked for, and not how much can be done.
 */
export class Pace {
  #perMs: number | undefined;
  #since = Number.NEGATIVE_INFINITY;
  #turns = 0;

  /**
   * @param now by `performance.now()`
   * @param busySince since when somebody has been waiting without a break
   */
  noteTurn(now: number, busySince: number): void {
    if (busySince > this.#since) {
      if (busySince - this.#since > FORGOTTEN_AFTER_MS) this.#perMs = undefined;
      this.#since = busySince;
      this.#turns = 0;
    }
    this.#turns++;
    const stretch = now - this.#since;
    if (stretch < STRETCH_MS) return;
    const seen = this.#turns / stretch;
    this.#perMs = this.#perMs === undefined ? seen : this.#perMs + WEIGHT * (seen - this.#perMs);
    this.#since = now;
    this.#turns = 0;
  }

  /** How many get their turn within so many milliseconds; without limit as long as nobody knows. */
  within(ms: number): number {
    return this.#perMs === undefined ? Number.POSITIVE_INFINITY : this.#perMs * ms;
  }
}
