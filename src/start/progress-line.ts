const REDRAW_MS = 100;
const PLAIN_LINE_MS = 2_000;

/**
 * Shows how far something is: one line that rewrites itself on a terminal; in a file or a CI log, a new
 * line every two seconds.
 */
export class ProgressLine {
  readonly #rewrites = process.stdout.isTTY === true;
  #shownAt = Date.now();
  #dirty = false;

  update(text: string): void {
    const pause = this.#rewrites ? REDRAW_MS : PLAIN_LINE_MS;
    if (Date.now() - this.#shownAt < pause) return;
    this.#shownAt = Date.now();
    this.#dirty = this.#rewrites;
    process.stdout.write(this.#rewrites ? `\r\u001b[K${text}` : `${text}\n`);
  }

  /** Makes room for what is printed next. */
  clear(): void {
    if (this.#dirty) process.stdout.write('\r\u001b[K');
    this.#dirty = false;
  }
}
