import { unauthenticated } from '../../shared/errors.js';
import type { Caller } from '../request-context.js';
import type { AccessTokens } from './access-token.js';

/** Tells who sends a request from its `Authorization` header (RFC 6750). */
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
}
