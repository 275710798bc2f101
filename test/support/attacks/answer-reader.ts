import type { Answer } from '../api.js';

const PUBLIC_ID = /\b[a-z][a-z_]*_[0-7][0-9a-hjkmnp-tv-z]{25}\b/g;
const TIMESTAMP = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;
/** Keys and secrets, and their beginnings, which are as random. */
const TOKEN = /\brh[a-z]{1,2}_[\w-]{6,86}/g;
const INCIDENT = /"incidentId":"[^"]*"/g;

/** Codes that no client should ever be answered with, whatever it sends. */
const FAULTS = /"code":"(INTERNAL|UNAVAILABLE)"/;

/** Tells from an answer what two answers can be compared by, and what it shows of somebody else. */
export class AnswerReader {
  readonly #own: ReadonlySet<string>;
  readonly #foreign: readonly string[];
  /** What the product has stamped from here on is new, and differs from one answer to the next. */
  readonly #since = Date.now() - 1_000;

  /**
   * @param own public ids of the attacking organization
   * @param foreign ids, UUIDs and words that nothing but the attacked organization has
   */
  constructor(own: Iterable<string>, foreign: Iterable<string>) {
    this.#own = new Set(own);
    this.#foreign = [...foreign];
  }

  /** Status, names of headers and body to the letter, but for what was sent and what is newly made. */
  comparable({ status, headers, text }: Answer, sent: readonly string[]): string {
    const body = without(text, sent)
      .replaceAll(PUBLIC_ID, (id) => (this.#own.has(id) ? id : '<new id>'))
      .replaceAll(TIMESTAMP, (moment) => (Date.parse(moment) >= this.#since ? '<now>' : moment))
      .replaceAll(TOKEN, '<token>')
      .replaceAll(INCIDENT, '"incidentId":"<incident>"');
    return `${status} ${[...headers.keys()].join()} ${body}`;
  }

  /** What an answer must not hold whoever asks, as sentences. */
  faults({ text }: Answer, sent: readonly string[]): string[] {
    const rest = without(text, sent);
    const shown = this.#foreign.filter((mark) => rest.includes(mark));
    const faults = shown.length > 0 ? [`shows ${shown.slice(0, 3)} of others`] : [];
    const code = FAULTS.exec(text)?.[1];
    if (code) faults.push(`fails with ${code}`);
    return faults;
  }
}

/** What the caller has sent may come back. */
function without(text: string, sent: readonly string[]): string {
  const longestFirst = [...sent].sort((a, b) => b.length - a.length);
  return longestFirst.reduce((rest, value) => rest.replaceAll(value, '<value>'), text);
}

/** Where two texts part, with a little around it. */
export function difference(a: string, b: string): string {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  const part = (text: string) => text.slice(Math.max(0, at - 60), at + 120);
  return `"${part(a)}" and not "${part(b)}"`;
}
