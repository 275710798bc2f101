import { LRUCache } from 'lru-cache';

/** So many statements stay planned on each connection, beside those with a name of their own. */
const MOST_NAMES = 200;

/** Statements that are counted at once; one that is asked for less often than all these is forgotten. */
const MOST_COUNTED = 2_000;

/** How often a statement must have been asked for before it is worth a name. */
const WORTH_A_NAME = 3;

/**
 * Names for statements whose text depends on what a client asked for: lists with their filters and
 * orders. Under a name PostgreSQL parses and plans a statement once per connection, which for a list
 * takes longer than running it.
 *
 * There is no end to the filters that clients can write, and what is prepared stays in memory for as
 * long as the connection lives. So only what is asked for again gets a name, and the names are few;
 * everything else runs as well, only without.
 */
export class StatementNames {
  readonly #names = new Map<string, string>();
  readonly #counts = new LRUCache<string, number>({ max: MOST_COUNTED });

  /** @returns undefined for a statement that is to run without a name */
  nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= MOST_NAMES) return known;
    const count = (this.#counts.get(text) ?? 0) + 1;
    this.#counts.set(text, count);
    if (count < WORTH_A_NAME) return undefined;
    const name = `list.${this.#names.size + 1}`;
    this.#names.set(text, name);
    return name;
  }
}
