/** Nobody sees it: who is told that the end was foreseen too early runs the work again. */
export class EndedEarlyError extends Error {
  override readonly name = 'EndedEarlyError';

  constructor() {
    super('This read was ended before all of its statements had come');
  }
}

/**
 * The rounds of one transaction. All statements that are sent before the work pauses make one, and leave
 * in one packet.
 */
export class Rounds {
  /** The round behind which the transaction is expected to end. */
  #last: number | undefined;
  #count = 0;
  #isOpen = false;

  constructor(last: number | undefined) {
    this.#last = last;
  }

  /** Rounds that have left. */
  get count(): number {
    return this.#count;
  }

  /** Takes a statement into the round that is being put together. */
  join(): void {
    this.#isOpen = true;
  }

  /**
   * Ends the round, if one is open.
   *
   * @returns whether it was the last one that is expected
   */
  leave(): boolean {
    if (!this.#isOpen) return false;
    this.#isOpen = false;
    this.#count++;
    return this.#count === this.#last;
  }

  /** For statements that are sent later than they are asked for: nobody can tell which round is the last. */
  expectNothing(): void {
    this.#last = undefined;
  }

  /** Nothing of what was sent has happened. */
  beginAnew(): void {
    this.#count = 0;
    this.#isOpen = false;
  }
}
