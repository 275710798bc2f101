import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BlockList, isIP } from 'node:net';

export interface IssuerClientSettings {
  /** Whether an issuer may be in a private network. */
  readonly allowPrivateAddresses: boolean;
  /** Whether one on this machine may do without TLS. */
  readonly allowInsecureLoopback: boolean;
  /** From the first packet to the last byte. */
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  /** Finds the addresses of a name: that of the system, if none is given. */
  readonly lookup?: Lookup;
}

type Lookup = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** The issuer did not answer as it has to: it is down, slow, or not what it should be. */
export class IssuerFault extends Error {
  override readonly name = 'IssuerFault';
}

const TIMEOUT_MS = 5_000;
/** A key set of a hundred RSA keys has about 50 kB. */
const MAX_BYTES = 256 * 1024;
/** All organizations together: requests to one that answers slowly must not pile up. */
const MOST_AT_ONCE = 50;
/** For one organization: whoever gives slow addresses takes no other one's turns. */
const MOST_AT_ONCE_OF_ONE = 5;

const LOOPBACK = blockList(['127.0.0.0', 8], ['::1', 128]);

/**
 * https://www.iana.org/assignments/iana-ipv4-special-registry and its counterpart for IPv6, of which nothing
 * beyond 2000::/3 is anybody's on the internet.
 */
const PRIVATE = blockList(
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  // Not all of ::/3, which has the mapped IPv4 addresses in it: BlockList would look for those here as well.
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 8],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['4000::', 2],
  ['8000::', 1],
);

/**
 * Fetches JSON from addresses that organizations have given. They are strangers: it goes to no other scheme,
 * follows no redirect, waits no longer and reads no more than it has to, and connects to no address of a
 * private network; the address is looked at as it is connected to, so that no name can change its mind between.
 */
export class IssuerClient {
  readonly #settings: IssuerClientSettings;
  #underWay = 0;
  readonly #underWayOf = new Map<string, number>();

  constructor(settings: IssuerClientSettings) {
    this.#settings = settings;
  }

  /** What is wrong with a URL, as a sentence; null when nothing is that can be seen without asking anybody. */
  addressFault(address: string): string | null {
    if (!URL.canParse(address)) return 'This is no URL.';
    const url = new URL(address);
    const host = hostOf(url);
    if (url.username !== '' || url.password !== '') return 'It must not hold a password.';
    if (url.hash !== '') return 'It must have no fragment.';
    const isLocal = /(^|\.)localhost$/.test(host) || (isIP(host) !== 0 && includes(LOOPBACK, host));
    const isInsecure = url.protocol !== 'https:';
    if (
      isInsecure &&
      !(url.protocol === 'http:' && isLocal && this.#settings.allowInsecureLoopback)
    ) {
      return 'It must begin with https://.';
    }
    if (this.#settings.allowPrivateAddresses) return null;
    const isPrivate = isLocal || (isIP(host) !== 0 && includes(PRIVATE, host));
    return isPrivate ? 'It is in a private network.' : null;
  }

  /**
   * @param orgId UUID of the organization that has given the address
   * @throws IssuerFault
   */
  async fetchJson(address: string, orgId: string): Promise<unknown> {
    const fault = this.addressFault(address);
    if (fault) throw new IssuerFault(`${address}: ${fault}`);
    const ofOrganization = this.#underWayOf.get(orgId) ?? 0;
    if (this.#underWay >= MOST_AT_ONCE || ofOrganization >= MOST_AT_ONCE_OF_ONE) {
      throw new IssuerFault('Too many requests to issuers');
    }
    this.#underWay++;
    this.#underWayOf.set(orgId, ofOrganization + 1);
    try {
      return JSON.parse(await this.#fetch(new URL(address)));
    } catch (cause) {
      throw new IssuerFault(`${address} did not answer with JSON`, { cause });
    } finally {
      this.#underWay--;
      this.#leave(orgId);
    }
  }

  #leave(orgId: string): void {
    const left = (this.#underWayOf.get(orgId) ?? 1) - 1;
    if (left > 0) this.#underWayOf.set(orgId, left);
    else this.#underWayOf.delete(orgId);
  }

  #fetch(url: URL): Promise<string> {
    const { timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES } = this.#settings;
    const options: RequestOptions = {
      signal: AbortSignal.timeout(timeoutMs),
      headers: { accept: 'application/json, application/jwk-set+json', 'user-agent': 'rowhouse' },
      // A connection that is kept would be kept for an attacker as well.
      agent: false,
      ...(!this.#settings.allowPrivateAddresses && {
        lookup: publicLookup(this.#settings.lookup ?? dnsLookup),
      }),
    };
    return new Promise((resolve, reject) => {
      const request = url.protocol === 'http:' ? requestHttp : requestHttps;
      request(url, options, (response) => {
        if (response.statusCode !== 200) {
          response.destroy();
          return reject(new Error(`Status ${response.statusCode}`));
        }
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > maxBytes) response.destroy(new Error(`More than ${maxBytes} bytes`));
          else chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
      })
        .on('error', reject)
        .end();
    });
  }
}

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/** Finds the public addresses of a name, and fails when it has none. */
function publicLookup(lookup: Lookup) {
  return (hostname: string, options: LookupOptions, callback: LookupCallback): void => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const found = addresses.filter(({ address }) => !includes(PRIVATE, address));
      const [first] = found;
      if (!first) return callback(new Error(`${hostname} is in a private network`), []);
      if (options.all) return callback(null, found);
      callback(null, first.address, first.family);
    });
  };
}

/** Without the brackets of an IPv6 address, or the dot that a name may end with. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$|\.$/g, '').toLowerCase();
}

function includes(list: BlockList, address: string): boolean {
  const isV6 = isIP(address) === 6;
  // An IPv4 address in IPv6's clothes.
  const mapped = isV6 ? /^::ffff:(?:0:)?(.+)$/i.exec(address)?.[1] : undefined;
  if (mapped !== undefined) return isIP(mapped) === 4 ? list.check(mapped, 'ipv4') : true;
  return list.check(address, isV6 ? 'ipv6' : 'ipv4');
}

function blockList(...ranges: [address: string, prefix: number][]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of ranges) {
    list.addSubnet(address, prefix, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
