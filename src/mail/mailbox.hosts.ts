import { isIP } from 'node:net';

/**
 * Whether a `Host` means this machine by a name that nobody else can give it. A page of any site can have its own
 * name lead here for a moment, and then counts as of one origin with what it finds (DNS rebinding); `localhost`
 * and addresses are no names that it could have (RFC 6761, section 6.3).
 */
export function isOwnHost(host: string | undefined): boolean {
  const url = `http://${host ?? ''}`;
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0
  );
}
