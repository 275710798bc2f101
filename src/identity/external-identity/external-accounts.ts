import type { Clock } from '../../shared/clock.js';
import { encodeId } from '../../shared/ids.js';
import type { TenantTransaction } from '../../tenancy/index.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { recordArrival } from '../audit/provider-events.js';
import type {
  IdentityProviderRow,
  IdentityProviderStore,
} from '../identity-provider/identity-provider.store.js';
import type { OrganizationStore } from '../organization/organization.store.js';
import { isDeletionDue } from '../organization/organization-administration.js';
import type { Client } from '../request-context.js';
import type { UserStore } from '../user/user.store.js';
import { nameOf, roleOf, verifiedEmail } from './claim-mapping.js';
import type { ExternalIdentityStore, KnownIdentity } from './external-identity.store.js';
import type { VerifiedClaims } from './external-tokens.js';

export interface ExternalAccountsOptions {
  readonly providers: IdentityProviderStore;
  readonly identities: ExternalIdentityStore;
  readonly organizations: OrganizationStore;
  readonly users: UserStore;
  readonly clock: Clock;
}

/** Somebody, and whose word it is that it is them. */
export interface Vouched {
  readonly provider: IdentityProviderRow;
  readonly claims: VerifiedClaims;
}

/** No password opens it. */
const NO_PASSWORD = 'none';

/** Whose account it is that a token of an identity provider is good for. */
export class ExternalAccounts {
  readonly #options: ExternalAccountsOptions;

  constructor(options: ExternalAccountsOptions) {
    this.#options = options;
  }

  /**
   * Who that is here. Somebody who was never seen is given the account with their e-mail address, or a new
   * one, as far as the provider allows.
   *
   * @returns null for whom there is nothing here
   */
  async identify(
    tx: TenantTransaction,
    vouched: Vouched,
    client: Client,
  ): Promise<KnownIdentity | null> {
    const { identities, organizations, providers, clock } = this.#options;
    const { provider, claims } = vouched;
    const of = { providerId: provider.id, subject: claims.sub };
    const known = await identities.find(tx, of);
    if (known) return known;
    // One after the other: of two first tokens at once, the second finds what the first has made.
    const organization = await organizations.lock(tx);
    if (!organization || organization.suspendedAt !== null) return null;
    if (isDeletionDue(organization, clock.now())) return null;
    if (!(await providers.hold(tx, provider))) return null;
    const meanwhile = await identities.find(tx, of);
    if (meanwhile) return meanwhile;
    const userId = await this.#accountFor(tx, vouched, client);
    if (userId === null) return null;
    await identities.create(tx, { ...of, userId });
    return identities.find(tx, of);
  }

  /** @returns the UUID of a user who is there or was made; null where neither may be */
  async #accountFor(
    tx: TenantTransaction,
    { provider, claims }: Vouched,
    { address }: Client,
  ): Promise<string | null> {
    const { users } = this.#options;
    const email = verifiedEmail(claims, provider);
    if (email === null) return null;
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
}
