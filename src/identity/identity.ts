import type { Clock } from '../shared/clock.js';
import type { Feature, NodeSources } from '../shared/graphql/index.js';
import type { Tenancy } from '../tenancy/index.js';
import { createMailFlows } from './account-token/account-token.feature.js';
import { createApiKeys } from './api-key/api-key.feature.js';
import { createAudit } from './audit/audit.feature.js';
import { createExternalIdentities } from './external-identity/external-identity.feature.js';
import { IssuerClient } from './external-identity/issuer-client.js';
import { createParts, type IdentityOptions } from './identity-parts.js';
import { createIdentityProviders } from './identity-provider/identity-provider.feature.js';
import { createInvitations } from './invitation/invitation.feature.js';
import type { LocalDayRecords } from './organization/local-day-records.js';
import { createOrganizations } from './organization/organization.feature.js';
import { OrganizationStore } from './organization/organization.store.js';
import { OrganizationAdministration } from './organization/organization-administration.js';
import { PermissionResolver } from './permission/permission.resolver.js';
import { PermissionService } from './permission/permission.service.js';
import { createPublishableKeys } from './publishable-key/publishable-key.feature.js';
import type { RequestContext } from './request-context.js';
import { createRoles } from './role/role.feature.js';
import { createSecondFactors } from './second-factor/second-factor.feature.js';
import type { Authenticator } from './session/authenticator.js';
import { createAuthenticator } from './session/create-authenticator.js';
import { createSessions } from './session/session.feature.js';
import type { SessionService } from './session/session.service.js';
import { SessionStore } from './session/session.store.js';
import { createSignUp } from './sign-up/sign-up.feature.js';
import { createTenantSecrets } from './tenant-secret/tenant-secret.feature.js';
import { createUsers } from './user/user.feature.js';
import { VisitorResolver } from './visitor/visitor.resolver.js';
import { cartTokenLimit } from './visitor/visitor-limit.js';

export interface Identity extends Feature<RequestContext> {
  authenticator: Authenticator;
  sessions: SessionService;
  /** What verifies our access tokens: a JWK Set. */
  publicKeys: object;
}

/** Organizations, users, sessions, permissions and the audit trail. */
export function createIdentity(options: IdentityOptions): Identity {
  const parts = createParts(options);
  const issuers = new IssuerClient(options.settings.externalIdentity);
  const session = createSessions(parts);
  const { sessions } = session;
  const mailFlows = createMailFlows(parts);
  const externalIdentities = createExternalIdentities(parts, sessions, issuers);
  const features: Feature<RequestContext>[] = [
    createOrganizations(parts),
    createSignUp(parts, sessions, mailFlows.verification),
    createUsers(parts),
    createRoles(parts),
    session,
    mailFlows,
    createInvitations(parts, sessions),
    createSecondFactors(parts),
    createAudit(),
    createApiKeys(parts),
    createTenantSecrets(parts),
    createPublishableKeys(parts),
    { resolvers: [new VisitorResolver(cartTokenLimit(options.settings.guestCarts))], nodes: [] },
    externalIdentities,
    createIdentityProviders(parts, issuers),
  ];
  return {
    resolvers: features.flatMap(({ resolvers }) => resolvers),
    nodes: features.flatMap(({ nodes }) => nodes),
    authenticator: createAuthenticator(parts, externalIdentities.external),
    sessions,
    publicKeys: parts.accessTokens.publicKeys,
  };
}

/** What the operator does to organizations, without all that only requests need. */
export function createOrganizationAdministration(
  tenancy: Tenancy,
  clock: Clock,
  dayRecords: LocalDayRecords,
): OrganizationAdministration {
  const stores = { organizations: new OrganizationStore(), sessions: new SessionStore() };
  return new OrganizationAdministration({ tenancy, ...stores, clock, dayRecords });
}

/** What tells frontends what their user may do, to anything that has an id. */
export function createPermissionResolver(nodes: NodeSources<RequestContext>): PermissionResolver {
  return new PermissionResolver(new PermissionService(nodes));
}
