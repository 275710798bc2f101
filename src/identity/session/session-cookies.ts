import type { Cookies, RequestContext } from '../request-context.js';
import { TokenDelivery } from './session.input.js';
import type { IssuedTokens } from './session.service.js';
import type { SessionTokens } from './session.type.js';

const ACCESS_COOKIE = 'rowhouse_access';
/** Features serve routes beside GraphQL. */
const ACCESS_PATH = '/';

const REFRESH_COOKIE = 'rowhouse_refresh';
/** What lives for weeks goes no further than it is needed. */
const REFRESH_PATH = '/graphql';

/** The access token that a browser sends by itself. */
export function accessTokenOf(cookies: Cookies): string | undefined {
  return cookies.get(ACCESS_COOKIE);
}

/** The refresh token that a browser sends by itself. */
export function refreshTokenOf(cookies: Cookies): string | undefined {
  return cookies.get(REFRESH_COOKIE);
}

/**
 * Hands tokens to the client in the way that it wants: in the answer's body, or as cookies alone. To be
 * called last, when the session stands.
 */
export function deliver(
  { cookies }: RequestContext,
  tokens: IssuedTokens,
  delivery: TokenDelivery,
): SessionTokens {
  const { accessToken, refreshToken, expiresAt, issuedAt, sessionExpiresAt } = tokens;
  if (delivery === TokenDelivery.BODY) return { accessToken, refreshToken, expiresAt };
  cookies.set(ACCESS_COOKIE, accessToken, {
    maxAgeSeconds: secondsBetween(issuedAt, expiresAt),
    path: ACCESS_PATH,
  });
  cookies.set(REFRESH_COOKIE, refreshToken, {
    maxAgeSeconds: secondsBetween(issuedAt, sessionExpiresAt),
    path: REFRESH_PATH,
  });
  return { accessToken: null, refreshToken: null, expiresAt };
}

/** Makes the browser forget a session that has ended. To be called last. */
export function forgetSession({ cookies }: RequestContext): void {
  cookies.clear(ACCESS_COOKIE, ACCESS_PATH);
  cookies.clear(REFRESH_COOKIE, REFRESH_PATH);
}

function secondsBetween(from: Date, to: Date): number {
  return Math.max(0, Math.floor((to.getTime() - from.getTime()) / 1000));
}
