/** `unit`: before what a unit writes. `reads`: behind it, before what its sub-fields read. */
export type Savepoint = 'unit' | 'reads';

/**
 * The savepoint of one transaction, of which there is at most one at a time. Its commands are not sent
 * on a round trip of their own: they wait for the next statement, and without one are never sent.
 *
 *     unit 1            SAVEPOINT unit; write …; RELEASE SAVEPOINT unit
 *     its sub-fields    SAVEPOINT reads; select …        a failing read must not cost the write
 *     unit 2            RELEASE SAVEPOINT reads; SAVEPOINT unit; …
 */
export class Savepoints {
  #unsent: string[] = [];
  #current: Savepoint | undefined;

  /** The savepoint that a failure would return to now. */
  get current(): Savepoint | undefined {
    return this.#current;
  }

  /** Whether nothing has been sent yet that the savepoint could undo. */
  get isUnsent(): boolean {
    return this.#unsent.includes(`SAVEPOINT ${this.#current}`);
  }

  plan(savepoint: Savepoint): void {
    this.#unsent.push(`SAVEPOINT ${savepoint}`);
    this.#current = savepoint;
  }

  /** Keeps what came after the savepoint, if that is the current one; an unsent one is forgotten. */
  release(savepoint: Savepoint): void {
    if (this.#current !== savepoint) return;
    if (this.isUnsent) this.#unsent.pop();
    else this.#unsent.push(`RELEASE SAVEPOINT ${savepoint}`);
    this.#current = undefined;
  }

  /** The commands that undo what came after the current savepoint, and drop it. */
  undo(): string {
    const savepoint = this.#current;
    this.#unsent = [];
    this.#current = undefined;
    return `ROLLBACK TO SAVEPOINT ${savepoint}; RELEASE SAVEPOINT ${savepoint}`;
  }

  /** The commands to send before the next statement, for sending them now; undefined for none. */
  take(): string | undefined {
    return this.#unsent.length > 0 ? this.#unsent.splice(0).join('; ') : undefined;
  }

  /** On a new connection, where nothing has happened yet, the current savepoint is still to come. */
  beginAnew(): void {
    this.#unsent = this.#current ? [`SAVEPOINT ${this.#current}`] : [];
  }
}
