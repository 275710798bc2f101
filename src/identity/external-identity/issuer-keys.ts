import {
  type CryptoKey,
  createRemoteJWKSet,
  customFetch,
  errors,
  type FlattenedJWSInput,
  type JWTHeaderParameters,
  type RemoteJWKSet,
} from 'jose';
import { LRUCache } from 'lru-cache';
import { unavailable } from '../../shared/errors.js';
import type { IdentityProviderRow } from '../identity-provider/identity-provider.store.js';
import { type IssuerClient, IssuerFault } from './issuer-client.js';

export interface IssuerKeysSettings {
  /** How long a `kid` that is not known has to wait after the keys were fetched, in milliseconds. */
  readonly cooldownMs?: number;
  /** How long an issuer that has failed is left alone, in milliseconds. */
  readonly retryAfterMs?: number;
}

const COOLDOWN_MS = 30_000;
const RETRY_AFTER_MS = 5_000;
/** Keys are fetched anew after that time, also without a new `kid`: some may be taken back. */
const MAX_AGE_MS = 600_000;
/** The address of the keys is looked up anew after that time. */
const DISCOVERY_MAX_AGE_MS = 3_600_000;
/** Whose keys are kept; and of how many providers of each: nobody puts out those of others. */
const MOST_ORGANIZATIONS = 1_000;
const MOST_PROVIDERS_OF_ONE = 50;

/** A provider's keys, as it was when they were asked for. */
interface VersionedSource {
  readonly version: number;
  readonly source: KeySource;
}

/** The keys of identity providers: fetched when they are first needed, and kept for a while. */
export class IssuerKeys {
  readonly #client: IssuerClient;
  readonly #settings: IssuerKeysSettings;
  /** By organization, and its providers by their id. */
  readonly #sources = new LRUCache<string, LRUCache<string, VersionedSource>>({
    max: MOST_ORGANIZATIONS,
  });

  constructor(client: IssuerClient, settings: IssuerKeysSettings) {
    this.#client = client;
    this.#settings = settings;
  }

  /**
   * The key that a token says it is signed with.
   *
   * @throws JOSEError when the provider has no such key; UNAVAILABLE when it cannot be asked
   */
  async keyOf(
    orgId: string,
    provider: IdentityProviderRow,
    header: JWTHeaderParameters,
    token: FlattenedJWSInput,
  ): Promise<CryptoKey> {
    try {
      return await this.#sourceOf(orgId, provider).keyOf(header, token);
    } catch (error) {
      if (!isTheirs(error)) throw error;
      throw unavailable('The identity provider does not answer as it should. Try again.', error);
    }
  }

  /** Organizations share nothing here, so that none can tell by the time what another one trusts. */
  #sourceOf(orgId: string, { id, version, issuer, jwksUrl }: IdentityProviderRow): KeySource {
    const own = this.#sources.get(orgId) ?? sourcesOfOne();
    this.#sources.set(orgId, own);
    const known = own.get(id);
    if (known?.version === version) return known.source;
    const source = new KeySource(this.#client, { orgId, issuer, jwksUrl }, this.#settings);
    own.set(id, { version, source });
    return source;
  }
}

function sourcesOfOne() {
  return new LRUCache<string, VersionedSource>({
    max: MOST_PROVIDERS_OF_ONE,
    ttl: DISCOVERY_MAX_AGE_MS,
  });
}

/** Whether it is the issuer's fault, and no token's. */
function isTheirs(error: unknown): boolean {
  return error instanceof IssuerFault || error instanceof errors.JWKSInvalid;
}

interface KeySourceOf {
  /** UUID. */
  readonly orgId: string;
  readonly issuer: string;
  readonly jwksUrl: string | null;
}

class KeySource {
  readonly #client: IssuerClient;
  readonly #of: KeySourceOf;
  readonly #settings: Required<IssuerKeysSettings>;
  #keys: Promise<RemoteJWKSet> | undefined;
  #failure: { error: unknown; at: number } | undefined;

  constructor(
    client: IssuerClient,
    of: KeySourceOf,
    { cooldownMs = COOLDOWN_MS, retryAfterMs = RETRY_AFTER_MS }: IssuerKeysSettings,
  ) {
    this.#client = client;
    this.#of = of;
    this.#settings = { cooldownMs, retryAfterMs };
  }

  async keyOf(header: JWTHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    this.#keys ??= this.#open();
    // Whoever waits along gets the same error; the next one tries again.
    this.#keys.catch(() => {
      this.#keys = undefined;
    });
    try {
      return await (await this.#keys)(header, token);
    } catch (error) {
      // Whatever is wrong with what it says; but what is only said again has not failed again.
      if (isTheirs(error) && error !== this.#failure?.error) {
        this.#failure = { error, at: Date.now() };
      }
      throw error;
    }
  }

  async #open(): Promise<RemoteJWKSet> {
    const { issuer, jwksUrl } = this.#of;
    const url = jwksUrl ?? (await this.#discover(issuer));
    return createRemoteJWKSet(new URL(url), {
      cooldownDuration: this.#settings.cooldownMs,
      cacheMaxAge: MAX_AGE_MS,
      [customFetch]: async (address) => Response.json(await this.#fetchJson(address)),
    });
  }

  /** https://openid.net/specs/openid-connect-discovery-1_0.html, sections 4.1 and 4.3 */
  async #discover(issuer: string): Promise<string> {
    const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const document = (await this.#fetchJson(address)) as Record<string, unknown> | null;
    if (document?.issuer !== issuer) throw new IssuerFault(`${address} is of another issuer`);
    const { jwks_uri: url } = document;
    if (typeof url !== 'string') throw new IssuerFault(`${address} tells of no keys`);
    const fault = this.#client.addressFault(url);
    if (fault) throw new IssuerFault(`jwks_uri of ${address}: ${fault}`);
    return url;
  }

  /** Leaves an issuer alone for a moment that has just failed, or every token would cost it a request. */
  async #fetchJson(address: string): Promise<unknown> {
    const { retryAfterMs } = this.#settings;
    if (this.#failure && Date.now() - this.#failure.at < retryAfterMs) throw this.#failure.error;
    return this.#client.fetchJson(address, this.#of.orgId);
  }
}
