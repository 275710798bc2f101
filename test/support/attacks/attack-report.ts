/** What a run of attacks came to. */
export interface AttackResult {
  /** How many attacks were made. */
  attacks: number;
  /** Attacks by what was attacked, e.g. `{ 'GraphQL id': 812, 'SQL SELECT': 8 }`. */
  byKind: Record<string, number>;
  /** What went wrong, a line each: place, value, difference. Empty is good. */
  breaches: string[];
}

const LONGEST_BREACH = 600;

/** Counts attacks and notes what they broke. */
export class AttackReport {
  readonly #byKind = new Map<string, number>();
  readonly #breaches = new Set<string>();

  count(kind: string): void {
    this.#byKind.set(kind, (this.#byKind.get(kind) ?? 0) + 1);
  }

  /** @param line names the place, the value and the difference */
  breach(line: string): void {
    const flat = line.replaceAll(/\s+/g, ' ');
    this.#breaches.add(flat.length > LONGEST_BREACH ? `${flat.slice(0, LONGEST_BREACH)} …` : flat);
  }

  get result(): AttackResult {
    return {
      attacks: [...this.#byKind.values()].reduce((sum, count) => sum + count, 0),
      byKind: Object.fromEntries(this.#byKind),
      breaches: [...this.#breaches],
    };
  }
}
