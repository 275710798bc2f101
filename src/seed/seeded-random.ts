import { createHash } from 'node:crypto';

/** Numbers that look random and are the same for the same name, on every machine: mulberry32. */
export class SeededRandom {
  #state: number;

  constructor(name: string) {
    this.#state = createHash('sha256').update(name).digest().readUInt32BE();
  }

  /** From 0 up to, and without, 1. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** From `least` up to, and without, `end`. */
  between(least: number, end: number): number {
    return least + (end - least) * this.fraction();
  }

  /** A whole number from 0 up to, and without, `end`. */
  below(end: number): number {
    return Math.floor(this.fraction() * end);
  }

  chance(share: number): boolean {
    return this.fraction() < share;
  }

  /** @throws RangeError when there is nothing to choose from */
  oneOf<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('There is nothing to choose from.');
    return item;
  }
}

/** Draws one of some things, the heavier the likelier. */
export class Lottery {
  /** The weights of all up to, and with, each of them. */
  readonly #sums: readonly number[];

  constructor(weights: readonly number[]) {
    let sum = 0;
    this.#sums = weights.map((weight) => {
      sum += weight;
      return sum;
    });
  }

  /** @returns its index */
  draw(random: SeededRandom): number {
    const at = random.fraction() * (this.#sums.at(-1) ?? 0);
    let least = 0;
    let most = this.#sums.length - 1;
    while (least < most) {
      const middle = (least + most) >>> 1;
      if ((this.#sums[middle] ?? 0) > at) most = middle;
      else least = middle + 1;
    }
    return least;
  }
}
