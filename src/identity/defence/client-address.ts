import { isIPv4, isIPv6 } from 'node:net';

/** As some proxies write them: `192.0.2.1:443`, `[2001:db8::1]:443`. */
const WITH_PORT = /^(?:([\d.]+):\d+|\[([^\]]*)\](?::\d+)?)$/;

/**
 * What is counted as one address: an IPv4 address, or the /64 of an IPv6 address, which is what one
 * household or machine is given and can choose from freely (RFC 6177, RFC 8981). A port is left out: each
 * connection has another one.
 *
 * @param address as the server saw it; null where no client asks
 */
export function addressKey(address: string | null): string {
  if (address === null) return 'none';
  const [, ofIPv4, ofIPv6] = WITH_PORT.exec(address) ?? [];
  const plain = (ofIPv4 ?? ofIPv6 ?? address).replace(/%.*$/, '').toLowerCase();
  const mapped = /^::ffff:([\d.]+)$/.exec(plain)?.[1];
  if (mapped && isIPv4(mapped)) return mapped;
  return isIPv6(plain) ? `${firstGroups(plain).join(':')}::/64` : plain;
}

/** The first four of the eight groups, without leading zeros. */
function firstGroups(address: string): string[] {
  // The last 32 bits may be written like IPv4; they are never among the first.
  const [before = '', after] = address.replace(/[\d.]+\.[\d.]+$/, '0:0').split('::');
  const head = before === '' ? [] : before.split(':');
  const tail = after ? after.split(':') : [];
  const gap = after === undefined ? 0 : 8 - head.length - tail.length;
  const groups = [...head, ...Array<string>(gap).fill('0'), ...tail];
  return groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
}
