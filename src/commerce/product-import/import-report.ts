import type { RowFault } from './file-rows.js';

/** How many faulty rows are told one by one, and how many warnings; all are counted. */
const MOST_TOLD = 1_000;

const PROGRESS_EVERY = 1_000;

const LONGEST_SKU = 64;

/** What became of rows. */
export interface Outcome {
  created: number;
  updated: number;
  unchanged: number;
}

/** Something about one row. */
export interface RowNote extends RowFault {
  readonly row: number;
  /** Null where it could not be read. */
  readonly sku: string | null;
}

/** What an import tells while it goes on: JSON lines. */
export class ImportReport {
  readonly #send: (text: string) => void;
  readonly #outcome: Outcome = { created: 0, updated: 0, unchanged: 0 };
  #rows = 0;
  #failed = 0;
  #warnings = 0;

  constructor(send: (text: string) => void) {
    this.#send = send;
  }

  get failed(): number {
    return this.#failed;
  }

  /** A row that is not taken, by all of its faults. */
  error(faults: readonly RowNote[]): void {
    if (++this.#failed > MOST_TOLD) return;
    for (const fault of faults) this.#send(line({ type: 'error', ...noted(fault) }));
  }

  /** Something about a row that is taken nevertheless. */
  warning(warning: RowNote): void {
    if (++this.#warnings > MOST_TOLD) return;
    this.#send(line({ type: 'warning', ...noted(warning) }));
  }

  /** So many rows more have been dealt with, whatever became of them. */
  progress(rows: number): void {
    const before = Math.floor(this.#rows / PROGRESS_EVERY);
    this.#rows += rows;
    if (Math.floor(this.#rows / PROGRESS_EVERY) === before) return;
    this.#send(line({ type: 'progress', rows: this.#rows }));
  }

  count({ created, updated, unchanged }: Outcome): void {
    this.#outcome.created += created;
    this.#outcome.updated += updated;
    this.#outcome.unchanged += unchanged;
  }

  /** The last line; the outcome is that of the rows without faults, kept or not. */
  summary(committed: boolean): string {
    const counts = { rows: this.#rows, ...this.#outcome, failed: this.#failed };
    return line({ type: 'summary', ...counts, warnings: this.#warnings, committed });
  }
}

/** The last line of an import that could not go on. */
export function failedLine({ code, message }: { code: string; message: string }): string {
  return line({ type: 'failed', code, message, committed: false });
}

function noted({ row, sku, field, message }: RowNote): RowNote {
  return { row, sku: sku?.slice(0, LONGEST_SKU) ?? null, field, message };
}

function line(content: object): string {
  return `${JSON.stringify(content)}\n`;
}
