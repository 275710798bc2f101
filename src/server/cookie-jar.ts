import type { CookiePath, Cookies } from '../identity/index.js';

/** What reads a `Cookie` header. */
export type ParseCookies = (header: string) => Readonly<Record<string, string | undefined>>;

/** A cookie on its way to the browser; an empty one to be forgotten. */
export interface LeavingCookie {
  readonly name: string;
  readonly value: string;
  readonly maxAgeSeconds: number;
  readonly path: CookiePath;
}

/** The cookies of one HTTP request: those that came with it, and those that leave with its answer. */
export class CookieJar implements Cookies {
  readonly #header: string | undefined;
  readonly #parse: ParseCookies;
  #received: ReturnType<ParseCookies> | undefined;
  /** By name, so that the last one counts. */
  #leaving: Map<string, LeavingCookie> | undefined;
  #isReleased = false;

  /** @param header `Cookie`, which is read when somebody asks; undefined for none that may be believed */
  constructor(header: string | undefined, parse: ParseCookies) {
    this.#header = header;
    this.#parse = parse;
  }

  get hasReceived(): boolean {
    return this.#header !== undefined;
  }

  get(name: string): string | undefined {
    if (this.#header === undefined) return undefined;
    this.#received ??= this.#parse(this.#header);
    return this.#received[name];
  }

  set(name: string, value: string, options: Omit<LeavingCookie, 'name' | 'value'>): void {
    this.#leaving ??= new Map();
    this.#leaving.set(name, { name, value, ...options });
  }

  clear(name: string, path: CookiePath): void {
    // One that the same operation has set before goes with it.
    this.#leaving?.delete(name);
    if (this.get(name) !== undefined) this.set(name, '', { maxAgeSeconds: 0, path });
  }

  /** Forgets what was to leave: what it stands for is done once more, from the beginning. */
  beginAnew(): void {
    this.#leaving = undefined;
  }

  /** Called when what the cookies stand for is committed; before, none leaves. */
  release(): void {
    this.#isReleased = true;
  }

  /** What goes into the answer. */
  released(): Iterable<LeavingCookie> {
    return (this.#isReleased && this.#leaving?.values()) || [];
  }
}
