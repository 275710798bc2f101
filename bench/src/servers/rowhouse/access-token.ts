import { randomBytes } from 'node:crypto';
import type { Caller } from '../../calls.ts';
import { AccessTokens, systemClock } from '../../product.ts';

export const TOKEN_SECRET = randomBytes(32).toString('base64');

const LIFETIME_SECONDS = 3_600;
/** Renewed that long before its end, so that no token ends within a stretch. */
const RENEWAL_MS = 600_000;

const accessTokens = new AccessTokens(
  {
    secret: TOKEN_SECRET,
    issuer: 'rowhouse',
    audience: 'rowhouse-api',
    lifetimeSeconds: LIFETIME_SECONDS,
  },
  systemClock,
);

interface Known {
  readonly token: string;
  readonly renewAt: number;
}

const known = new Map<string, Known>();

/** The caller's token, the same one for as long as it is valid: as a client keeps it. */
export async function accessTokenFor({ orgId, userId }: Caller): Promise<string> {
  const key = orgId + userId;
  const remembered = known.get(key);
  if (remembered && Date.now() < remembered.renewAt) return remembered.token;
  const { token, expiresAt } = await accessTokens.issue({
    orgId,
    userId,
    role: 'member',
    // As the data has it.
    sessionId: userId,
    stamp: 1,
    expiresAt: new Date(Date.now() + 2 * LIFETIME_SECONDS * 1000),
  });
  known.set(key, { token, renewAt: expiresAt.getTime() - RENEWAL_MS });
  return token;
}
