import { BoundedLine } from '../../shared/bounded-line.js';
import { RowhouseError, unauthenticated } from '../../shared/errors.js';
import { InFlight } from '../../shared/in-flight.js';
import {
  type ApiKeyCredentials,
  apiKeyRefused,
  type KnownApiKey,
} from '../api-key/api-key.credentials.js';
import type { CredentialUses } from '../credential-uses.js';
import { addressKey } from '../defence/client-address.js';
import { CREDENTIAL_LOOKUPS } from '../defence/credential-line.js';
import type { ExternalIdentityService } from '../external-identity/external-identity.service.js';
import { unverifiedIssuer } from '../external-identity/external-tokens.js';
import type { PublishableKeyCredentials } from '../publishable-key/publishable-key.credentials.js';
import type { Caller, Client, Cookies, Visitor } from '../request-context.js';
import { type TenantAuthenticator, tenantRefused } from '../tenant-secret/tenant-authenticator.js';
import type { AccessTokens } from './access-token.js';
import { accessTokenOf } from './session-cookies.js';

/** What of a request tells who sends it: headers, as they were sent. */
export interface Credentials {
  /** `Authorization` (RFC 6750). */
  readonly authorization: string | undefined;
  /** `X-Organization`: whose identity provider has issued the token. */
  readonly organization: string | undefined;
  /** `X-Tenant-Id`. */
  readonly tenantId: string | undefined;
  /** `X-Tenant-Secret`. */
  readonly tenantSecret: string | undefined;
  /** `X-Publishable-Key`: whose shop it is, for who is not signed in. */
  readonly publishableKey?: string | undefined;
  readonly client: Client;
}

export interface AuthenticatorOptions {
  readonly accessTokens: AccessTokens;
  readonly external: ExternalIdentityService;
  readonly apiKeys: ApiKeyCredentials;
  readonly publishableKeys: PublishableKeyCredentials;
  readonly tenants: TenantAuthenticator;
  readonly uses: CredentialUses;
}

const API_KEY_PREFIX = 'rhk_';

/** As long as any that are given out, with room to spare. */
const BEARER = /^Bearer +([\w.-]{1,8000}) *$/i;
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Tells who sends a request. Here all kinds of credentials meet. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #lookups = new BoundedLine(CREDENTIAL_LOOKUPS);
  readonly #underWay = new InFlight<KnownApiKey | null>();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /**
   * @returns null without any credentials
   * @throws UNAUTHENTICATED for such as do not hold; UNAVAILABLE when too many are being checked, or an
   *   identity provider has to be asked and does not answer; RATE_LIMITED when too many of its tokens were refused
   */
  async authenticate(credentials: Credentials): Promise<Caller | null> {
    const { authorization, organization, tenantId, tenantSecret, client } = credentials;
    const isBlank = authorization === undefined || authorization.trim() === '';
    const token = isBlank ? undefined : BEARER.exec(authorization)?.[1];
    if (tenantId !== undefined || tenantSecret !== undefined) {
      return this.#options.tenants.authenticate({ token, tenantId, tenantSecret, client });
    }
    if (isBlank) return null;
    if (token?.startsWith(API_KEY_PREFIX)) return this.#byApiKey(token, client);
    if (token && JWT.test(token)) return alone(await this.#byToken(token, organization, client));
    throw unauthenticated('The Authorization header must read: Bearer <access token or API key>.');
  }

  /** Who has issued it is not verified yet: it decides who verifies it, and nothing else. */
  #byToken(token: string, organization: string | undefined, client: Client): Promise<Caller> {
    const { accessTokens, external } = this.#options;
    if (organization && unverifiedIssuer(token) !== accessTokens.issuer) {
      return external.authenticate(token, organization, client);
    }
    return accessTokens.verify(token);
  }

  async #byApiKey(key: string, client: Client): Promise<Caller> {
    const { apiKeys, uses } = this.#options;
    const remembered = apiKeys.recall(key);
    // What is not good enough is looked at again when it comes next.
    const isEnough = remembered && !remembered.caller.requiresTenantSecret;
    const known = isEnough ? remembered : await this.#look(key, client);
    if (!known) throw apiKeyRefused();
    const { orgId, userId } = alone(known.caller);
    const use = uses.noteApiKey({ ...known, userId }, { orgId, userId, client });
    return use ? { ...known.caller, use } : known.caller;
  }

  /** Once for all who come with the same key at once, as a machine does that has just started. */
  #look(key: string, client: Client): Promise<KnownApiKey | null> {
    return this.#underWay.run(key, () =>
      this.#lookups.run(addressKey(client.address), () => this.#options.apiKeys.look(key)),
    );
  }

  /**
   * Whose guest it is, who is not signed in.
   *
   * @returns null without a publishable key
   * @throws UNAUTHENTICATED for one that is not good; UNAVAILABLE when too many are being looked at
   */
  async authenticateVisitor({ publishableKey, client }: Credentials): Promise<Visitor | null> {
    if (publishableKey === undefined) return null;
    return this.#options.publishableKeys.visitor(publishableKey, client);
  }

  /**
   * Who a browser is signed in as. It sends its cookies whatever it asks for, so one that does not hold must
   * not be in the way of signing in or refreshing: it counts as none, and what needs a caller is refused.
   */
  async authenticateCookies(cookies: Cookies): Promise<Caller | null> {
    const token = accessTokenOf(cookies);
    if (!token) return null;
    try {
      return alone(await this.#options.accessTokens.verify(token));
    } catch (error) {
      if (error instanceof RowhouseError && error.code === 'UNAUTHENTICATED') return null;
      throw error;
    }
  }
}

/** Who comes without a secret of the organization. @throws UNAUTHENTICATED where it wants one */
function alone(caller: Caller): Caller {
  if (caller.requiresTenantSecret) throw tenantRefused();
  return caller;
}
