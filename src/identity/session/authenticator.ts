import { RowhouseError, unauthenticated } from '../../shared/errors.js';
import type { ExternalIdentityService } from '../external-identity/external-identity.service.js';
import { unverifiedIssuer } from '../external-identity/external-tokens.js';
import type { Caller, Client, Cookies } from '../request-context.js';
import type { AccessTokens } from './access-token.js';
import { accessTokenOf } from './session-cookies.js';

/** What a request says of who sends it. */
export interface Credentials {
  /** The header `Authorization` as sent (RFC 6750). */
  readonly authorization: string | undefined;
  /** The header `x-organization` as sent: whose identity provider has issued the token. */
  readonly organization: string | undefined;
}

/** Tells who sends a request from its `Authorization` header (RFC 6750), or from its cookies. */
export class Authenticator {
  readonly #tokens: AccessTokens;
  readonly #external: ExternalIdentityService;

  constructor(tokens: AccessTokens, external: ExternalIdentityService) {
    this.#tokens = tokens;
    this.#external = external;
  }

  /**
   * @returns null without an Authorization header. @throws UNAUTHENTICATED for one that does not hold;
   *   UNAVAILABLE when an identity provider has to be asked and does not answer
   */
  async authenticate(
    { authorization, organization }: Credentials,
    client: Client,
  ): Promise<Caller | null> {
    if (authorization === undefined || authorization.trim() === '') return null;
    const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+) *$/i.exec(authorization)?.[1];
    if (!token) throw unauthenticated('The Authorization header must read: Bearer <access token>.');
    // Who has issued it is not verified yet: it decides who verifies it, and nothing else.
    if (organization && unverifiedIssuer(token) !== this.#tokens.issuer) {
      return this.#external.authenticate(token, organization, client);
    }
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
