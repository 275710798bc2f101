/** What has to be undone at the end, in whatever way the end comes. */
export class Cleanup {
  readonly #steps: (() => Promise<unknown>)[] = [];
  #running: Promise<void> | undefined;

  /** Steps are taken in reverse, each also when the one before has failed. */
  add(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  /** Calling it again waits for the same end. */
  run(): Promise<void> {
    this.#running ??= this.#runAll();
    return this.#running;
  }

  async #runAll(): Promise<void> {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      await step().catch((error) => console.error(error));
    }
  }
}
