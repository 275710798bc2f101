/** For one sleeper, whom anybody may wake. */
export class Alarm {
  #isRung = false;
  #wake: (() => void) | undefined;

  /** Ends the wait under way, or else the next one before it begins. */
  ring(): void {
    this.#isRung = true;
    this.#wake?.();
  }

  /** Resolves after `ms`, or when it rings. Keeps no process alive. */
  async wait(ms: number): Promise<void> {
    if (!this.#isRung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms).unref();
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#wake = undefined;
    this.#isRung = false;
  }
}
