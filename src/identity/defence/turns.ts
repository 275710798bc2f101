import { unavailable } from '../../shared/errors.js';

export interface TurnSettings {
  /** How many run at once. */
  readonly atOnce: number;
  /** How many wait for it at most. */
  readonly waiting: number;
}

/**
 * Runs so much at once and lets the rest wait, first come, first served. A request runs its fields one
 * after the other, so each is in the line at one place only.
 */
export class Turns {
  readonly #settings: TurnSettings;
  readonly #line: (() => void)[] = [];
  #running = 0;

  constructor(settings: TurnSettings) {
    this.#settings = settings;
  }

  /** @throws UNAVAILABLE, at once, when the line is full */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#turn();
    try {
      return await work();
    } finally {
      // The turn goes on to the next, so that nobody comes in between.
      const next = this.#line.shift();
      if (next) next();
      else this.#running--;
    }
  }

  #turn(): Promise<void> {
    if (this.#running < this.#settings.atOnce) {
      this.#running++;
      return Promise.resolve();
    }
    if (this.#line.length >= this.#settings.waiting) {
      throw unavailable('Too many people are signing in at once. Try again in a moment.');
    }
    return new Promise((resolve) => this.#line.push(resolve));
  }
}
