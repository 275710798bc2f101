import { isIPv4, isIPv6 } from 'node:net';

/**
 * What is counted as one address: an IPv4 address, or the /64 of an IPv6 address, which is what one
 * household or machine is given and can choose from freely (RFC 6177, RFC 8981).
 *
 * @param address as the server saw it; null where no client asks
 */
export function addressKey(address: string | null): string {
  if (address === null) return 'none';
  const plain = address.replace(/%.*$/, '').toLowerCase();
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
