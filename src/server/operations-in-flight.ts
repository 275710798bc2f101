/**
 * Operations that are running, also those whose client has hung up: a write among them must end one
 * way or the other before the database is let go.
 */
export class OperationsInFlight {
  #count = 0;
  #abandoned = false;
  #onEnd: (() => void) | undefined;

  async run<T>(operation: () => Promise<T>): Promise<T> {
    this.#count++;
    try {
      return await operation();
    } finally {
      this.#count--;
      if (this.#count === 0) this.#onEnd?.();
    }
  }

  /** Waits for none of them any longer. */
  abandon(): void {
    this.#abandoned = true;
    this.#onEnd?.();
  }

  /** Resolves when none is running, or they have been abandoned. */
  ended(): Promise<void> {
    if (this.#count === 0 || this.#abandoned) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEnd = resolve;
    });
  }
}
