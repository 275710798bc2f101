import { RowhouseError, unauthenticated } from '../../shared/errors.js';
import type { Caller, Cookies } from '../request-context.js';
import type { AccessTokens } from './access-token.js';
import { accessTokenOf } from './session-cookies.js';

/** Tells who sends a request from its `Authorization` header (RFC 6750), or from its cookies. */
export class Authenticator {
  readonly #tokens: AccessTokens;

  constructor(tokens: AccessTokens) {
    this.#tokens = tokens;
  }

  /**
   * @param authorization the header as sent
   * @returns null without a header. @throws UNAUTHENTICATED for one that does not hold
   */
  async authenticate(authorization: string | undefined): Promise<Caller | null> {
    if (authorization === undefined || authorization.trim() === '') return null;
    const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+) *$/i.exec(authorization)?.[1];
    if (!token) throw unauthenticated('The Authorization header must read: Bearer <access token>.');
    return this.#tokens.verify(token);
  }

  /**
   * Who a browser is signed in as. It sends its cookies whatever it asks for, so one that does not hold must
   * not be in the way of signing in or refreshing: it counts as none, and what needs a caller is refused.
   */
  async authenticateCookies(cookies: Cookies): Promise<Caller | null> {
    const token = accessTokenOf(cookies);
    if (!token) return null;
    try {
      return await this.#tokens.verify(token);
    } catch (error) {
      if (error instanceof RowhouseError && error.code === 'UNAUTHENTICATED') return null;
      throw error;
    }
  }
}
