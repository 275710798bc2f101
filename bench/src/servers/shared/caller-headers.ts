import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from '../../calls.ts';

/**
 * The peers believe these headers. Rowhouse verifies a signed token on every request instead; sparing the
 * peers that work is an advantage that we give them, because how one signs in is not what they are about.
 */
const ORG_HEADER = 'x-org-id';
const USER_HEADER = 'x-user-id';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function callerHeaders({ orgId, userId }: Caller): Record<string, string> {
  return { [ORG_HEADER]: orgId, [USER_HEADER]: userId };
}

/** @returns the caller with ids that are UUIDs for sure; null when one is missing or is none */
export function readCaller(headers: IncomingHttpHeaders): Caller | null {
  const orgId = headers[ORG_HEADER];
  const userId = headers[USER_HEADER];
  return isUuid(orgId) && isUuid(userId) ? { orgId, userId } : null;
}

export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}
