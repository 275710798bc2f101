import { NIL } from 'uuid';
import { BoundedLine } from '../../shared/bounded-line.js';
import type { Clock } from '../../shared/clock.js';
import { RowhouseError } from '../../shared/errors.js';
import { tryDecodeId } from '../../shared/ids.js';
import { InFlight } from '../../shared/in-flight.js';
import { LinePerOwner } from '../../shared/line-per-owner.js';
import type { Tenancy } from '../../tenancy/index.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { recordSignIn } from '../audit/session-events.js';
import { addressKey } from '../defence/client-address.js';
import { CREDENTIAL_LOOKUPS, CREDENTIALS_BUSY } from '../defence/credential-line.js';
import type { TokenLimits } from '../defence/token-limits.js';
import type { IdentityProviderStore } from '../identity-provider/identity-provider.store.js';
import { Remembered } from '../remembered.js';
import type { Caller, Client } from '../request-context.js';
import { grantOf } from '../roles.js';
import type { SessionService } from '../session/session.service.js';
import type { SessionTokens } from '../session/session.type.js';
import type { SessionOpening } from '../session/session-opening.js';
import type { ExternalAccounts, Vouched } from './external-accounts.js';
import type { SignInWithTokenInput } from './external-identity.input.js';
import { type ExternalIdentityStore, identityStands } from './external-identity.store.js';
import { type ExternalTokens, tokenRefused, unverifiedClaims } from './external-tokens.js';

export interface ExternalIdentityServiceOptions {
  readonly tenancy: Tenancy;
  readonly providers: IdentityProviderStore;
  readonly identities: ExternalIdentityStore;
  readonly accounts: ExternalAccounts;
  readonly opening: SessionOpening;
  readonly sessions: SessionService;
  readonly tokens: ExternalTokens;
  readonly limits: TokenLimits;
  readonly clock: Clock;
}

/** The organization that was named. */
interface Named {
  /** UUID; that of an organization that nobody has where there is none, so that it is asked all the same. */
  readonly orgId: string;
  /** Null where it was named by its id. */
  readonly slug: string | null;
}

/** A token under the trust of one organization. */
interface Verified extends Named, Vouched {}

/**
 * Verified tokens that are remembered, and for how long: then they are verified anew, because the issuer may have
 * taken a key back.
 */
const REMEMBERED = { most: 10_000, forMs: 300_000 };
/**
 * Who comes with a token for the first time may wait for the lock of their organization, with a connection in
 * hand. So few of one organization do at once.
 */
const ARRIVALS = { limit: 2, room: 200, waitLimitMs: 2_000, refusal: CREDENTIALS_BUSY };

/** Lets people in whom an identity provider of their organization vouches for. */
export class ExternalIdentityService {
  readonly #options: ExternalIdentityServiceOptions;
  /** By organization and token as they were sent. */
  readonly #remembered: Remembered<Caller>;
  readonly #underWay = new InFlight<Caller>();
  readonly #lookups = new BoundedLine(CREDENTIAL_LOOKUPS);
  readonly #arrivals = new LinePerOwner(ARRIVALS);

  constructor(options: ExternalIdentityServiceOptions) {
    this.#options = options;
    this.#remembered = new Remembered(options.clock, REMEMBERED);
  }

  /**
   * Opens a session of our own for the holder of a provider's token.
   *
   * @throws UNAUTHENTICATED, in the same words whatever is wrong; UNAVAILABLE when the provider is away;
   *   RATE_LIMITED
   */
  async signIn(
    { organization, token }: SignInWithTokenInput,
    client: Client,
  ): Promise<SessionTokens> {
    const { address } = client;
    return this.#options.limits.watch({ organization, address }, async () =>
      this.#exchange(await this.#verify(organization, token, client), client),
    );
  }

  async #exchange(verified: Verified, client: Client): Promise<SessionTokens> {
    const { tenancy, accounts, opening, sessions, providers, identities, clock } = this.#options;
    const tenant = { orgId: verified.orgId, userId: null };
    // What a refusal records must be committed, so it is thrown behind it.
    const session = await onceMoreIfTaken(() =>
      tenancy.withTenant(tenant, 'write', async (tx) => {
        const identity = await accounts.identify(tx, verified, client);
        if (!identity) return null;
        const opened = await opening.open(tx, identity.userId, client);
        const { address } = client;
        const kind = opened ? AuditEventKind.SESSION_SIGNED_IN : AuditEventKind.SESSION_REFUSED;
        await recordSignIn(tx, { kind, details: {} }, { userId: identity.userId, address });
        if (!opened) return null;
        // Behind the session, which takes the organization's lock, as who comes first does: in one order. Where the
        // trust has ended since the token was verified, so has the session that is not there yet.
        if (!(await providers.hold(tx, verified.provider))) throw tokenRefused();
        await identities.touch(tx, identity.id, clock.now());
        return opened;
      }),
    );
    if (!session) throw tokenRefused();
    return sessions.tokensOf(session);
  }

  /**
   * Who sends a provider's token along with a request. What can change of it is left to the precondition.
   *
   * @param organization slug or public id; it only selects whose trust is asked
   * @throws UNAUTHENTICATED, UNAVAILABLE, RATE_LIMITED
   */
  async authenticate(token: string, organization: string, client: Client): Promise<Caller> {
    const name = `${organization}\0${token}`;
    const known = this.#remembered.get(name);
    if (known) return known;
    const { address } = client;
    // Once for all who come with the same token at once, as a page does that has just been opened.
    return this.#underWay.run(JSON.stringify([organization, token, address]), () =>
      this.#options.limits.watch({ organization, address }, async () =>
        this.#remember(name, await this.#verify(organization, token, client), client),
      ),
    );
  }

  /** @param name under which who it is is remembered */
  async #remember(name: string, verified: Verified, client: Client): Promise<Caller> {
    const { orgId, slug, provider, claims } = verified;
    const { tenancy, accounts, identities, clock } = this.#options;
    const identity = await this.#arrivals.run(orgId, () =>
      onceMoreIfTaken(() =>
        tenancy.withTenant({ orgId, userId: null }, 'write', async (tx) => {
          const found = await accounts.identify(tx, verified, client);
          if (found?.isWelcome) await identities.touch(tx, found.id, clock.now());
          return found;
        }),
      ),
    );
    const grant = identity && grantOf(identity.role, identity.rolePermissions);
    if (!identity?.isWelcome || !grant) throw tokenRefused();
    const { id, userId, role, customRoleId, roleVersion, requiresTenantSecret } = identity;
    const caller: Caller = {
      orgId,
      userId,
      ...grant,
      sessionId: null,
      requiresTenantSecret,
      isRemembered: true,
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
          slug,
        }),
        refusal: () => {
          this.#remembered.delete(name);
          return tokenRefused();
        },
      },
    };
    // What is not good enough is looked at again when it comes next.
    if (!requiresTenantSecret) this.#remembered.set(name, caller, claims.exp * 1000);
    return caller;
  }

  async #organization(organization: string): Promise<Named> {
    const id = tryDecodeId(organization);
    if (id?.prefix === 'org') return { orgId: id.uuid, slug: null };
    const orgId = await this.#options.tenancy.findOrganization(organization);
    return { orgId: orgId ?? NIL, slug: organization };
  }

  async #verify(organization: string, token: string, { address }: Client): Promise<Verified> {
    const { tenancy, providers, tokens } = this.#options;
    const { issuer, audiences } = unverifiedClaims(token);
    const { provider, ...named } = await this.#lookups.run(addressKey(address), async () => {
      const of = await this.#organization(organization);
      const tenant = { orgId: of.orgId, userId: null };
      const found = await tenancy.withTenant(tenant, 'read', (tx) =>
        providers.findTrusted(tx, issuer, audiences),
      );
      return { ...of, provider: found };
    });
    if (!provider) throw tokenRefused();
    // Neither a connection nor a place in the line is held while the provider is asked for its keys.
    return { ...named, provider, claims: await tokens.verify(named.orgId, provider, token) };
  }
}

/**
 * Who makes accounts otherwise takes no lock of the organization: one with the same address may be made at the same
 * moment, and is found the second time.
 */
async function onceMoreIfTaken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RowhouseError && error.code === 'ALREADY_EXISTS') return work();
    throw error;
  }
}
