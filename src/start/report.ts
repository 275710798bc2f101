import type { Logger } from '../shared/logger.js';
import { explainFailure, isExpected, UnprotectedDatabase } from './explain-failure.js';
import { print, printError } from './terminal.js';

/** Tells how the start goes: to a person in development, to the log in production. */
export interface Report {
  /** Something that takes a while begins, or something is worth knowing. */
  progress(text: string): void;
  /** The start cannot go on. */
  failure(error: unknown): void;
  /** Nothing that was begun is still going on. */
  finish(): void;
}

/** Words for a person. What takes a while, and so ends in an ellipsis, gets the time that it took. */
export class TerminalReport implements Report {
  #stepBegan: number | undefined;

  progress(text: string): void {
    this.finish();
    if (!text.endsWith('…')) {
      print(text);
      return;
    }
    process.stdout.write(text);
    this.#stepBegan = performance.now();
  }

  failure(error: unknown): void {
    this.finish();
    printError(`\n${explainFailure(error)}`);
  }

  finish(): void {
    if (this.#stepBegan === undefined) return;
    print(` ${((performance.now() - this.#stepBegan) / 1000).toFixed(1)} s`);
    this.#stepBegan = undefined;
  }
}

/** JSON lines for what collects logs. */
export class LogReport implements Report {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  progress(text: string): void {
    this.#logger.info(text);
  }

  failure(error: unknown): void {
    if (error instanceof UnprotectedDatabase) {
      for (const finding of error.findings) this.#logger.fatal({ finding }, finding.problem);
    }
    this.#logger.fatal(isExpected(error) ? {} : { err: error }, explainFailure(error));
  }

  finish(): void {
    // A line of the log is whole from the beginning.
  }
}
