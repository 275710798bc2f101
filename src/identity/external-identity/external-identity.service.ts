import { LRUCache } from 'lru-cache';
import { NIL } from 'uuid';
import type { Clock } from '../../shared/clock.js';
import { encodeId, tryDecodeId } from '../../shared/ids.js';
import type { Tenancy, TenantTransaction } from '../../tenancy/index.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { recordArrival } from '../audit/provider-events.js';
import { recordSignIn } from '../audit/session-events.js';
import type {
  IdentityProviderRow,
  IdentityProviderStore,
} from '../identity-provider/identity-provider.store.js';
import type { OrganizationStore } from '../organization/organization.store.js';
import type { Caller, Client } from '../request-context.js';
import { grantOf } from '../roles.js';
import type { SessionService } from '../session/session.service.js';
import type { SessionTokens } from '../session/session.type.js';
import type { SessionOpening } from '../session/session-opening.js';
import type { UserStore } from '../user/user.store.js';
import { nameOf, roleOf, verifiedEmail } from './claim-mapping.js';
import type { SignInWithTokenInput } from './external-identity.input.js';
import {
  type ExternalIdentityStore,
  identityStands,
  type KnownIdentity,
} from './external-identity.store.js';
import {
  type ExternalTokens,
  tokenRefused,
  unverifiedClaims,
  type VerifiedClaims,
} from './external-tokens.js';

export interface ExternalIdentityServiceOptions {
  readonly tenancy: Tenancy;
  readonly providers: IdentityProviderStore;
  readonly identities: ExternalIdentityStore;
  readonly organizations: OrganizationStore;
  readonly users: UserStore;
  readonly opening: SessionOpening;
  readonly sessions: SessionService;
  readonly tokens: ExternalTokens;
  readonly clock: Clock;
}

/** A token under the trust of one organization. */
interface Verified {
  readonly orgId: string;
  readonly provider: IdentityProviderRow;
  readonly claims: VerifiedClaims;
}

interface Remembered {
  readonly caller: Caller;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** Verified tokens that are remembered, at most; each takes about two kilobytes. */
const REMEMBERED_TOKENS = 10_000;
/** Then they are verified anew: the issuer may have taken a key back. */
const REMEMBERED_MS = 300_000;
/** No password opens it. */
const NO_PASSWORD = 'none';

/** Lets people in whom an identity provider of their organization vouches for. */
export class ExternalIdentityService {
  readonly #options: ExternalIdentityServiceOptions;
  /** By organization and token as they were sent. */
  readonly #remembered = new LRUCache<string, Remembered>({ max: REMEMBERED_TOKENS });

  constructor(options: ExternalIdentityServiceOptions) {
    this.#options = options;
  }

  /**
   * Opens a session of our own for the holder of a provider's token.
   *
   * @throws UNAUTHENTICATED, in the same words whatever is wrong; UNAVAILABLE when the provider is away
   */
  async signIn(
    { organization, token }: SignInWithTokenInput,
    client: Client,
  ): Promise<SessionTokens> {
    const { tenancy, opening, sessions, identities, clock } = this.#options;
    const verified = await this.#verify(await this.#organization(organization), token);
    const tenant = { orgId: verified.orgId, userId: null };
    // What a refusal records must be committed, so it is thrown behind it.
    const session = await tenancy.withTenant(tenant, 'write', async (tx) => {
      const identity = await this.#identify(tx, verified, client);
      if (!identity) return null;
      const opened = await opening.open(tx, identity.userId, client);
      const { address } = client;
      const kind = opened ? AuditEventKind.SESSION_SIGNED_IN : AuditEventKind.SESSION_REFUSED;
      await recordSignIn(tx, { kind, details: {} }, { userId: identity.userId, address });
      if (opened) await identities.touch(tx, identity.id, clock.now());
      return opened;
    });
    if (!session) throw tokenRefused();
    return sessions.tokensOf(session);
  }

  /**
   * Who sends a provider's token along with a request. What can change of it is left to the precondition.
   *
   * @param organization slug or public id; it only selects whose trust is asked
   * @throws UNAUTHENTICATED, UNAVAILABLE
   */
  async authenticate(token: string, organization: string, client: Client): Promise<Caller> {
    const name = `${organization}\0${token}`;
    const known = this.#remembered.get(name);
    if (known && known.until > this.#now()) return known.caller;
    const verified = await this.#verify(await this.#organization(organization), token);
    const { orgId, provider, claims } = verified;
    const { tenancy, identities, clock } = this.#options;
    const identity = await tenancy.withTenant({ orgId, userId: null }, 'write', async (tx) => {
      const found = await this.#identify(tx, verified, client);
      if (found?.isWelcome) await identities.touch(tx, found.id, clock.now());
      return found;
    });
    const grant = identity && grantOf(identity.role, identity.rolePermissions);
    if (!identity?.isWelcome || !grant) throw tokenRefused();
    const { id, userId, role, customRoleId, roleVersion } = identity;
    const caller: Caller = {
      orgId,
      userId,
      ...grant,
      sessionId: null,
      precondition: {
        statement: identityStands({
          orgId,
          id,
          userId,
          role,
          customRoleId,
          roleVersion,
          providerId: provider.id,
          providerVersion: provider.version,
        }),
        refusal: () => {
          // With another role, say, the same token is good again when it comes next.
          this.#remembered.delete(name);
          return tokenRefused();
        },
      },
    };
    const until = Math.min(claims.exp * 1000, this.#now() + REMEMBERED_MS);
    this.#remembered.set(name, { caller, until });
    return caller;
  }

  /** @returns a UUID; that of an organization that nobody has where there is none, so that it is asked all the same */
  async #organization(organization: string): Promise<string> {
    const id = tryDecodeId(organization);
    if (id?.prefix === 'org') return id.uuid;
    return (await this.#options.tenancy.findOrganization(organization)) ?? NIL;
  }

  async #verify(orgId: string, token: string): Promise<Verified> {
    const { tenancy, providers, tokens } = this.#options;
    const { issuer, audiences } = unverifiedClaims(token);
    const provider = await tenancy.withTenant({ orgId, userId: null }, 'read', (tx) =>
      providers.findTrusted(tx, issuer, audiences),
    );
    if (!provider) throw tokenRefused();
    // No connection is held while the provider is asked for its keys.
    return { orgId, provider, claims: await tokens.verify(orgId, provider, token) };
  }

  /**
   * Who that is here. Somebody who was never seen is given the account with their e-mail address, or a new
   * one, as far as the provider allows.
   *
   * @returns null for whom there is nothing here
   */
  async #identify(
    tx: TenantTransaction,
    verified: Verified,
    client: Client,
  ): Promise<KnownIdentity | null> {
    const { identities, organizations, providers } = this.#options;
    const { provider, claims } = verified;
    const of = { providerId: provider.id, subject: claims.sub };
    const known = await identities.find(tx, of);
    if (known) return known;
    // One after the other: of two first tokens at once, the second finds what the first has made.
    await organizations.lock(tx);
    const current = await providers.findAndLock(tx, provider.id);
    if (!current?.enabled || current.version !== provider.version) return null;
    const meanwhile = await identities.find(tx, of);
    if (meanwhile) return meanwhile;
    const userId = await this.#accountFor(tx, verified, client);
    if (userId === null) return null;
    await identities.create(tx, { ...of, userId });
    return identities.find(tx, of);
  }

  /** @returns the UUID of a user who is there or was made; null where neither may be */
  async #accountFor(
    tx: TenantTransaction,
    { orgId, provider, claims }: Verified,
    { address }: Client,
  ): Promise<string | null> {
    const { users, organizations } = this.#options;
    const email = verifiedEmail(claims, provider);
    if (email === null) return null;
    const [organization] = await organizations.findByIds(tx, [orgId]);
    if (!organization || organization.suspendedAt !== null) return null;
    const told = { provider: encodeId('idp', provider.id), subject: claims.sub };
    const holder = await users.findCredentials(tx, email);
    if (holder) {
      if (!provider.linkByEmail) return null;
      const subjectId = holder.id;
      await recordArrival(tx, AuditEventKind.USER_LINKED, { subjectId, address, details: told });
      return holder.id;
    }
    const role = roleOf(claims, provider);
    if (role === null) return null;
    const name = nameOf(claims, provider, email);
    const { id } = await users.create(tx, {
      email,
      name,
      role,
      customRoleId: null,
      passwordHash: NO_PASSWORD,
    });
    const details = { role, ...told };
    await recordArrival(tx, AuditEventKind.USER_CREATED, { subjectId: id, address, details });
    return id;
  }

  #now(): number {
    return this.#options.clock.now().getTime();
  }
}
