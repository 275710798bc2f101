import { NIL } from 'uuid';
import { BoundedLine } from '../../shared/bounded-line.js';
import type { Clock } from '../../shared/clock.js';
import { RowhouseError, unauthenticated } from '../../shared/errors.js';
import { InFlight } from '../../shared/in-flight.js';
import type { Tenancy } from '../../tenancy/index.js';
import type { ApiKeyCredentials, KnownApiKey } from '../api-key/api-key.credentials.js';
import { type CredentialUses, together } from '../credential-uses.js';
import { addressKey } from '../defence/client-address.js';
import { CREDENTIALS_BUSY } from '../defence/credential-line.js';
import { Remembered } from '../remembered.js';
import type { Caller, Client } from '../request-context.js';
import type { AccessTokens } from '../session/access-token.js';
import { sessionStands } from '../session/session-claim.js';
import {
  type KnownTenantSecret,
  organizationOf,
  type TenantSecretClaim,
  type TenantSecretCredentials,
} from './tenant-secret.credentials.js';
import { tenantSecretStands } from './tenant-secret.store.js';

export interface TenantAuthenticatorOptions {
  readonly tenancy: Tenancy;
  readonly accessTokens: AccessTokens;
  readonly apiKeys: ApiKeyCredentials;
  readonly tenantSecrets: TenantSecretCredentials;
  readonly uses: CredentialUses;
  readonly clock: Clock;
}

/** As they came; each may be missing. */
export interface TenantCredentials {
  /** Of the user: an access token or an API key. */
  readonly token: string | undefined;
  readonly tenantId: string | undefined;
  readonly tenantSecret: string | undefined;
  readonly client: Client;
}

/** The user whose token comes with a tenant's secret. */
interface TenantUser {
  readonly caller: Caller;
  /** Null where the token is no key. */
  readonly key: KnownApiKey | null;
}

/** What was found good together. */
interface Found {
  readonly user: TenantUser;
  readonly secret: KnownTenantSecret;
}

/**
 * Before it is known who asks, secrets are verified for anybody, at tens of milliseconds of Argon2 each. So it
 * happens two at a time, which leaves the process room for others; who is remembered waits for none of it.
 */
const VERIFICATIONS = {
  limit: 2,
  room: 64,
  roomOfOne: 16,
  waitLimitMs: 2_000,
  refusal: CREDENTIALS_BUSY,
};

/** Users' tokens that came with a good secret before, and for how long that is remembered. */
const SEEN = { most: 10_000, forMs: 300_000 };

const NOBODY = sessionStands({ orgId: NIL, id: NIL, stamp: 0 });

/**
 * Tells who sends a request with three credentials: tenant id, tenant secret and a user's token, all of which
 * must hold, and be of one organization.
 *
 * Who has been let in with them before need not be looked at again: what may have changed since is part of
 * the precondition. Everybody else is; of them, whoever is refused is refused after the same work,
 * whatever is wrong and whatever is remembered of the rest. So neither the answer nor the time that it takes
 * tells which of the three it is.
 */
export class TenantAuthenticator {
  readonly #options: TenantAuthenticatorOptions;
  readonly #verifications = new BoundedLine(VERIFICATIONS);
  readonly #underWay = new InFlight<Found | null>();
  /** The organization that a user's token came with, by the token. */
  readonly #seen: Remembered<{ orgId: string }>;

  constructor(options: TenantAuthenticatorOptions) {
    this.#options = options;
    this.#seen = new Remembered(options.clock, SEEN);
  }

  /** @throws UNAUTHENTICATED, with the same words for whatever is wrong; UNAVAILABLE */
  async authenticate(credentials: TenantCredentials): Promise<Caller> {
    const { apiKeys, tenantSecrets } = this.#options;
    const { token = '', client } = credentials;
    const signedIn = await this.#signedIn(token);
    const user = signedIn ?? userOf(apiKeys.recall(token));
    const secret = tenantSecrets.recall(credentials);
    if (user && secret && this.#seen.get(token)?.orgId === secret.orgId) {
      return this.#accept(credentials, user, secret);
    }
    const found = await this.#look(credentials, signedIn);
    if (found) return this.#accept(credentials, found.user, found.secret);
    const named = organizationOf(credentials.tenantId);
    if (named !== null) this.#options.uses.noteRefusal(named, client);
    throw tenantRefused();
  }

  /** Once for all who come with the same at once, as a machine does that has just started. */
  #look(credentials: TenantCredentials, signedIn: TenantUser | null): Promise<Found | null> {
    const { token, tenantId, tenantSecret, client } = credentials;
    return this.#underWay.run(JSON.stringify([tenantId, tenantSecret, token]), () =>
      this.#verifications.run(addressKey(client.address), () => this.#work(credentials, signedIn)),
    );
  }

  async #work(credentials: TenantCredentials, signedIn: TenantUser | null): Promise<Found | null> {
    const { apiKeys, tenantSecrets } = this.#options;
    const { token = '' } = credentials;
    const key = await apiKeys.look(token);
    const user = signedIn ?? userOf(key);
    const claim = tenantSecrets.claimOf(credentials);
    const doFit = user !== null && claim !== null && user.caller.orgId === claim.orgId;
    const doStand = await this.#doStand(doFit ? user : null, doFit ? claim : null);
    // A secret that is remembered is spared the work for who is let in, and for nobody else.
    const known = doStand ? tenantSecrets.recall(credentials) : null;
    const secret = known ?? (await tenantSecrets.verify(credentials));
    if (!user || !secret || !doStand) return null;
    this.#seen.set(token, secret);
    return { user, secret };
  }

  /** @returns null for what is no access token, or none that is good */
  async #signedIn(token: string): Promise<TenantUser | null> {
    // A key would cost a failing verification with each request.
    if (token.startsWith('rhk_')) return null;
    try {
      return { caller: await this.#options.accessTokens.verify(token), key: null };
    } catch (error) {
      if (error instanceof RowhouseError && error.code === 'UNAUTHENTICATED') return null;
      throw error;
    }
  }

  /** Asks what the request's own transaction will ask; of nobody, where there is nobody to ask of. */
  async #doStand(user: TenantUser | null, claim: TenantSecretClaim | null): Promise<boolean> {
    const { orgId, id } = claim ?? { orgId: NIL, id: NIL };
    const { statement = NOBODY, also = [] } = user?.caller.precondition ?? {};
    const statements = [statement, ...also, tenantSecretStands({ orgId, id })];
    const answers = await this.#options.tenancy.withTenant({ orgId, userId: null }, 'read', (tx) =>
      Promise.all(statements.map((each) => tx.execute(each))),
    );
    return answers.every((rows) => rows.length > 0);
  }

  #accept(
    { token = '', tenantSecret = '', client }: TenantCredentials,
    { caller, key }: TenantUser,
    secret: KnownTenantSecret,
  ): Caller {
    const { apiKeys, tenantSecrets, uses } = this.#options;
    const { orgId, userId, precondition } = caller;
    const user = { orgId, userId, client };
    const use = together([
      key ? uses.noteApiKey({ ...key, userId }, user) : undefined,
      uses.noteTenantSecret(secret, user),
    ]);
    return {
      ...caller,
      hasTenantSecret: true,
      ...(use && { use }),
      isRemembered: true,
      precondition: {
        statement: precondition.statement,
        also: [...(precondition.also ?? []), tenantSecretStands({ orgId, id: secret.id })],
        refusal: () => {
          this.#seen.delete(token);
          apiKeys.forget(token);
          tenantSecrets.forget(tenantSecret);
          return tenantRefused();
        },
      },
    };
  }
}

function userOf(key: KnownApiKey | null): TenantUser | null {
  return key && { caller: key.caller, key };
}

/** Where one of the three is missing, wrong, or of somebody else. */
export function tenantRefused(): Error {
  return unauthenticated(
    "Tenant id, tenant secret and the user's token must all be there, good, and of one organization.",
  );
}
