type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

const SIGNALS: readonly Signal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Ctrl-C reaches a program that npm runs twice: from the terminal, which tells the whole group of
 * processes, and from npm, which hands on what it got. A person who presses again takes longer.
 */
const ECHO_MS = 500;

const PARENT_POLL_MS = 200;

export interface SignalOptions {
  exitCode: (signal: Signal) => number;
  onSignal?: () => void;
  /** Whether the end of the parent process means the same as SIGTERM. */
  endWithParent?: boolean;
}

/** Ends what was begun, the last first, when the process is told to end or cannot go on. */
export class Shutdown {
  readonly #endings: (() => Promise<unknown>)[] = [];
  #running: Promise<void> | undefined;

  /** Whether it is under way: what fails from now on fails because of it. */
  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** @param ending run once, and waited for; its failure keeps none of the others from running */
  onEnd(ending: () => Promise<unknown>): void {
    this.#endings.push(ending);
  }

  /** Runs every ending once; calling it again waits for the same. */
  run(): Promise<void> {
    this.#running ??= this.#runEndings();
    return this.#running;
  }

  /**
   * Runs the endings and exits on SIGINT, SIGTERM and SIGHUP (the terminal was closed). A second signal
   * exits at once.
   *
   * @returns stops listening
   */
  listen({ exitCode, onSignal, endWithParent = false }: SignalOptions): () => void {
    let firstAt: number | undefined;
    const listener = (signal: Signal) => {
      if (firstAt === undefined) {
        firstAt = Date.now();
        onSignal?.();
        void this.run().finally(() => process.exit(exitCode(signal)));
      } else if (Date.now() - firstAt > ECHO_MS) {
        process.exit(1);
      }
    };
    for (const signal of SIGNALS) process.on(signal, listener);
    const stopWatching = endWithParent
      ? whenParentEnds(() => listener('SIGTERM'))
      : () => undefined;
    return () => {
      stopWatching();
      for (const signal of SIGNALS) process.off(signal, listener);
    };
  }

  async #runEndings(): Promise<void> {
    for (const ending of this.#endings.reverse()) await ending().catch(() => undefined);
  }
}

/**
 * npm runs a script through a shell, and gives that the signals that it gets itself. Many a shell just
 * dies of SIGTERM, and the script would serve on, unseen, with its port taken.
 *
 * @returns stops watching
 */
function whenParentEnds(callback: () => void): () => void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, PARENT_POLL_MS);
  timer.unref();
  return () => clearInterval(timer);
}
