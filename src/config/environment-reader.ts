import { isIP } from 'node:net';
import { ConfigurationError } from './configuration.error.js';

/**
 * Takes typed values out of the environment and keeps every fault for the end, so that who sets
 * up a server mends them in one go.
 */
export class EnvironmentReader {
  readonly #env: NodeJS.ProcessEnv;
  readonly #faults: string[] = [];

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  fault(line: string): void {
    this.#faults.push(line);
  }

  /** @throws ConfigurationError when any value before was at fault */
  result<T extends object>(settings: T): T {
    if (this.#faults.length > 0) throw new ConfigurationError(this.#faults);
    return deepFreeze(settings);
  }

  text(name: string, fallback: string): string {
    return this.#get(name) ?? fallback;
  }

  oneOf<const T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const value = this.#get(name);
    if (value === undefined) return fallback;
    const match = allowed.find((option) => option === value);
    if (match === undefined) this.#misfit(name, value, `one of ${allowed.join(', ')}`);
    return match ?? fallback;
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.#get(name)?.toLowerCase();
    if (value === undefined) return fallback;
    if (value === 'true' || value === '1') return true;
    if (value !== 'false' && value !== '0') this.#misfit(name, value, 'true or false');
    return false;
  }

  integer(name: string, fallback: number, range: Range): number {
    return this.optionalInteger(name, range) ?? fallback;
  }

  /** @param off the word that stands for none at all: null */
  integerOr(name: string, fallback: number, off: string, range: Range): number | null {
    const value = this.#get(name);
    if (value === undefined) return fallback;
    if (value.toLowerCase() === off) return null;
    const number = wholeNumber(value, range);
    if (number === undefined) this.#misfit(name, value, `${described(range)}, or ${off}`);
    return number ?? fallback;
  }

  optionalInteger(name: string, range: Range): number | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    const number = wholeNumber(value, range);
    if (number === undefined) this.#misfit(name, value, described(range));
    return number;
  }

  /** The value itself is never in the fault. */
  secret(name: string, { minBytes }: { minBytes: number }): string | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    const bytes = Buffer.byteLength(value);
    if (bytes < minBytes) this.fault(`${name} has ${bytes} bytes; it takes at least ${minBytes}.`);
    return value;
  }

  /** Several, separated by commas. The values themselves are never in the fault. */
  secrets(name: string, { minBytes }: { minBytes: number }): readonly string[] {
    const values = listed(this.#get(name) ?? '');
    const shortest = Math.min(...values.map((value) => Buffer.byteLength(value)));
    if (shortest < minBytes) {
      this.fault(`${name} has one of ${shortest} bytes; each takes at least ${minBytes}.`);
    }
    return values;
  }

  postgresUrl(name: string): string | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (url?.protocol === 'postgres:' || url?.protocol === 'postgresql:') return value;
    // It may hold a password, so only what kind of value it is gets into the fault.
    const kind = url ? `a ${url.protocol}// URL` : 'something that is no URL';
    this.fault(`${name} has ${kind}; it takes postgres://user:password@host:port/database.`);
    return undefined;
  }

  /** Without a slash at the end, so that a path can follow. */
  webAddress(name: string, fallback: string): string {
    const value = this.#get(name);
    if (value === undefined) return fallback;
    const url = URL.canParse(value) ? new URL(value) : undefined;
    const isPlain = url && url.search === '' && url.hash === '' && url.username === '';
    if (isPlain && /^https?:$/.test(url.protocol)) return url.href.replace(/\/+$/, '');
    this.#misfit(name, value, 'the address of a page, like https://app.example.com');
    return fallback;
  }

  origins(name: string, fallback: readonly string[]): readonly string[] {
    const value = this.#get(name);
    if (value === undefined) return fallback;
    const origins = listed(value);
    for (const origin of origins) {
      if (origin === 'localhost' || origin === '*' || isOrigin(origin)) continue;
      this.#misfit(name, origin, 'origins like https://app.example.com (no path), localhost or *');
    }
    return origins;
  }

  /**
   * Whom to believe about where a request comes from: `false`, a number of proxies in a row, or
   * addresses and networks. Believing everybody is no choice: every client could then name its address.
   */
  proxies(name: string): false | number | readonly string[] {
    const value = this.#get(name);
    if (value === undefined || value.toLowerCase() === 'false') return false;
    if (/^\d{1,2}$/.test(value) && Number(value) > 0) return Number(value);
    const proxies = value.split(',').map((proxy) => proxy.trim());
    const misfit = proxies.find((proxy) => !isProxy(proxy));
    if (misfit === undefined) return proxies;
    this.#misfit(
      name,
      misfit,
      'false, how many proxies there are (1 to 99), or their addresses: 10.0.0.0/8, loopback',
    );
    return false;
  }

  #get(name: string): string | undefined {
    const value = this.#env[name]?.trim();
    return value === '' ? undefined : value;
  }

  #misfit(name: string, value: string, expected: string): void {
    const shown = value.length > 80 ? `${value.slice(0, 80)}…` : value;
    this.fault(`${name} has ${JSON.stringify(shown)}; it takes ${expected}.`);
  }
}

interface Range {
  min: number;
  max: number;
}

function wholeNumber(value: string, { min, max }: Range): number | undefined {
  const number = Number(value);
  return /^\d+$/.test(value) && number >= min && number <= max ? number : undefined;
}

function described({ min, max }: Range): string {
  return `a whole number from ${min} to ${max}`;
}

function listed(value: string): string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function isOrigin(value: string): boolean {
  return /^https?:\/\//.test(value) && URL.canParse(value) && new URL(value).origin === value;
}

const NAMED_NETWORKS = new Set(['loopback', 'linklocal', 'uniquelocal']);

/** An address, a network as `address/bits`, or the name of some. */
function isProxy(value: string): boolean {
  if (NAMED_NETWORKS.has(value)) return true;
  const [address = '', bits, ...rest] = value.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  if (bits === undefined) return true;
  return /^\d{1,3}$/.test(bits) && Number(bits) > 0 && Number(bits) <= (version === 4 ? 32 : 128);
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) deepFreeze(part);
  }
  return Object.freeze(value);
}
