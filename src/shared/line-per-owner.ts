import { BoundedLine, type BoundedLineOptions } from './bounded-line.js';

interface Used {
  readonly line: BoundedLine;
  /** How many run or wait there. */
  count: number;
}

/** A line for each owner, as long as somebody is in it: what one owner waits for keeps no other one waiting. */
export class LinePerOwner {
  readonly #options: BoundedLineOptions;
  readonly #used = new Map<string, Used>();

  constructor(options: BoundedLineOptions) {
    this.#options = options;
  }

  /** @throws UNAVAILABLE for who is turned away */
  async run<T>(owner: string, work: () => Promise<T>): Promise<T> {
    const used = this.#used.get(owner) ?? { line: new BoundedLine(this.#options), count: 0 };
    this.#used.set(owner, used);
    used.count++;
    try {
      return await used.line.run(owner, work);
    } finally {
      if (--used.count === 0) this.#used.delete(owner);
    }
  }
}
