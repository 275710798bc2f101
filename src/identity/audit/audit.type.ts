import { GraphQLJSONObject } from 'graphql-scalars';
import { Extensions, Field, ObjectType, registerEnumType } from 'type-graphql';
import { connectionType, Node, type NodeExtensions } from '../../shared/graphql/index.js';

/** Everything that is recorded. The table has the same list: a new kind needs a migration. */
export enum AuditEventKind {
  SESSION_SIGNED_IN = 'session.signed_in',
  SESSION_REFUSED = 'session.refused',
  SESSION_SIGNED_OUT = 'session.signed_out',
  SESSION_REVOKED = 'session.revoked',
  SESSION_REFRESH_REUSED = 'session.refresh_reused',
  SESSION_THROTTLED = 'session.throttled',
  USER_CREATED = 'user.created',
  USER_UPDATED = 'user.updated',
  USER_ROLE_CHANGED = 'user.role_changed',
  USER_PASSWORD_CHANGED = 'user.password_changed',
  USER_PASSWORD_RESET = 'user.password_reset',
  USER_DISABLED = 'user.disabled',
  USER_ENABLED = 'user.enabled',
  USER_REMOVED = 'user.removed',
  USER_EMAIL_VERIFIED = 'user.email_verified',
  USER_EMAIL_CHANGED = 'user.email_changed',
  USER_SECOND_FACTOR_ENABLED = 'user.second_factor_enabled',
  USER_SECOND_FACTOR_DISABLED = 'user.second_factor_disabled',
  USER_RECOVERY_CODE_USED = 'user.recovery_code_used',
  USER_LINKED = 'user.linked',
  ORGANIZATION_CREATED = 'organization.created',
  ORGANIZATION_UPDATED = 'organization.updated',
  ORGANIZATION_SUSPENDED = 'organization.suspended',
  ORGANIZATION_RESUMED = 'organization.resumed',
  ORGANIZATION_DELETION_REQUESTED = 'organization.deletion_requested',
  ORGANIZATION_DELETION_CANCELLED = 'organization.deletion_cancelled',
  INVITATION_CREATED = 'invitation.created',
  INVITATION_RESENT = 'invitation.resent',
  INVITATION_REVOKED = 'invitation.revoked',
  INVITATION_ACCEPTED = 'invitation.accepted',
  ROLE_CREATED = 'role.created',
  ROLE_UPDATED = 'role.updated',
  ROLE_REMOVED = 'role.removed',
  API_KEY_CREATED = 'api_key.created',
  API_KEY_USED = 'api_key.used',
  API_KEY_REVOKED = 'api_key.revoked',
  TENANT_SECRET_CREATED = 'tenant_secret.created',
  TENANT_SECRET_USED = 'tenant_secret.used',
  TENANT_SECRET_REFUSED = 'tenant_secret.refused',
  TENANT_SECRET_REVOKED = 'tenant_secret.revoked',
  PUBLISHABLE_KEY_CREATED = 'publishable_key.created',
  PUBLISHABLE_KEY_REVOKED = 'publishable_key.revoked',
  IDENTITY_PROVIDER_CREATED = 'identity_provider.created',
  IDENTITY_PROVIDER_UPDATED = 'identity_provider.updated',
  IDENTITY_PROVIDER_REMOVED = 'identity_provider.removed',
  STOCK_LOW = 'stock.low',
}

registerEnumType(AuditEventKind, {
  name: 'AuditEventKind',
  description: 'What the audit trail records.',
  valuesConfig: {
    SESSION_SIGNED_IN: { description: 'A user has signed in.' },
    SESSION_REFUSED: { description: 'Somebody tried to sign in as a user, and was refused.' },
    SESSION_SIGNED_OUT: { description: 'A user has signed out.' },
    SESSION_REVOKED: { description: 'A session was ended from elsewhere, or all of a user.' },
    SESSION_REFRESH_REUSED: {
      description:
        'A refresh token came that was used before, so it is in more hands than one. The session was ended.',
    },
    SESSION_THROTTLED: {
      description:
        'So many sign-ins to an account had failed that further ones are refused for a while, and not recorded.',
    },
    USER_CREATED: { description: 'An account was made.' },
    USER_UPDATED: { description: 'An account was changed, but for its role and password.' },
    USER_ROLE_CHANGED: { description: 'A user was given another role.' },
    USER_PASSWORD_CHANGED: { description: 'A user has changed their password.' },
    USER_PASSWORD_RESET: {
      description: 'A user who had forgotten their password has set another.',
    },
    USER_DISABLED: { description: 'An account was disabled, and its sessions ended.' },
    USER_ENABLED: { description: 'A disabled account was enabled again.' },
    USER_REMOVED: { description: 'An account was removed.' },
    USER_EMAIL_VERIFIED: {
      description: 'A user has shown that they get the mail of their address.',
    },
    USER_EMAIL_CHANGED: { description: 'A user has another e-mail address.' },
    USER_SECOND_FACTOR_ENABLED: {
      description: 'A user signs in with a second factor from now on.',
    },
    USER_SECOND_FACTOR_DISABLED: {
      description: 'A user signs in without a second factor from now on.',
    },
    USER_RECOVERY_CODE_USED: {
      description: 'A user has given a recovery code in place of a code of the second factor.',
    },
    USER_LINKED: {
      description: 'An account elsewhere was tied to a user, who can sign in with it.',
    },
    ORGANIZATION_CREATED: { description: 'The organization was made.' },
    ORGANIZATION_UPDATED: { description: 'The organization was changed.' },
    ORGANIZATION_SUSPENDED: {
      description: 'Who operates this server has suspended the organization.',
    },
    ORGANIZATION_RESUMED: {
      description: 'Who operates this server lets the organization in again.',
    },
    ORGANIZATION_DELETION_REQUESTED: {
      description: 'The organization is to be deleted, once the time to think it over has passed.',
    },
    ORGANIZATION_DELETION_CANCELLED: {
      description: 'The organization is not to be deleted after all.',
    },
    INVITATION_CREATED: { description: 'Somebody was invited.' },
    INVITATION_RESENT: { description: 'An invitation was sent again.' },
    INVITATION_REVOKED: { description: 'An invitation was taken back.' },
    INVITATION_ACCEPTED: {
      description: 'Somebody has accepted an invitation, and has an account.',
    },
    ROLE_CREATED: { description: 'A role was made.' },
    ROLE_UPDATED: { description: 'What a role includes was changed.' },
    ROLE_REMOVED: { description: 'A role was removed.' },
    API_KEY_CREATED: { description: 'A key was made.' },
    API_KEY_USED: {
      description: 'A key was used from an address from which it was not used lately.',
    },
    API_KEY_REVOKED: { description: 'A key was revoked.' },
    TENANT_SECRET_CREATED: { description: 'A secret of the organization was made.' },
    TENANT_SECRET_USED: {
      description:
        'A secret of the organization was used from an address from which it was not used lately.',
    },
    TENANT_SECRET_REFUSED: {
      description: "Tenant id, tenant secret and a user's token came, and did not hold together.",
    },
    TENANT_SECRET_REVOKED: { description: 'A secret of the organization was revoked.' },
    PUBLISHABLE_KEY_CREATED: { description: 'A key for guests of a shop was made.' },
    PUBLISHABLE_KEY_REVOKED: { description: 'A key for guests of a shop was revoked.' },
    IDENTITY_PROVIDER_CREATED: { description: 'The organization trusts another issuer of tokens.' },
    IDENTITY_PROVIDER_UPDATED: {
      description: 'What the organization trusts an issuer of tokens with was changed.',
    },
    IDENTITY_PROVIDER_REMOVED: {
      description: 'The organization does not trust an issuer of tokens any more.',
    },
    STOCK_LOW: { description: 'A product has become low in stock, by what the actor has done.' },
  },
});

@ObjectType({
  implements: Node,
  description: 'Something that was done, or tried. It is written once, and never changed.',
  simpleResolvers: true,
})
@Extensions({ idPrefix: 'evt' } satisfies NodeExtensions)
export class AuditEvent extends Node {
  @Field(() => AuditEventKind, { description: 'What happened.' })
  kind!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Network address of the client, as the server saw it.',
  })
  address!: string | null;

  @Field(() => GraphQLJSONObject, {
    description: 'What else there is to tell of this kind, such as the role of a new user.',
  })
  details!: unknown;

  @Field({ description: 'When it happened.' })
  occurredAt!: Date;
}

export const AuditEventConnection = connectionType('AuditEvent', () => AuditEvent);
