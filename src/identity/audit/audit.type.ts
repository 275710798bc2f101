import { GraphQLJSONObject } from 'graphql-scalars';
import { Extensions, Field, ObjectType, registerEnumType } from 'type-graphql';
import { connectionType, Node, type NodeExtensions } from '../../shared/graphql/index.js';

/** Everything that is recorded. The table knows them too: a kind that is not in its list needs a migration. */
export enum AuditEventKind {
  SESSION_SIGNED_IN = 'session.signed_in',
  SESSION_REFUSED = 'session.refused',
  SESSION_SIGNED_OUT = 'session.signed_out',
  SESSION_REVOKED = 'session.revoked',
  SESSION_REFRESH_REUSED = 'session.refresh_reused',
  USER_CREATED = 'user.created',
  USER_UPDATED = 'user.updated',
  USER_ROLE_CHANGED = 'user.role_changed',
  USER_PASSWORD_CHANGED = 'user.password_changed',
  USER_DISABLED = 'user.disabled',
  USER_ENABLED = 'user.enabled',
  USER_REMOVED = 'user.removed',
}

registerEnumType(AuditEventKind, {
  name: 'AuditEventKind',
  description: 'What the audit trail records.',
  valuesConfig: {
    SESSION_SIGNED_IN: { description: 'A user has signed in.' },
    SESSION_REFUSED: { description: 'Somebody tried to sign in as a user, and was refused.' },
    SESSION_SIGNED_OUT: { description: 'A user has signed out.' },
    SESSION_REVOKED: { description: 'A user has ended a session from elsewhere, or all of them.' },
    SESSION_REFRESH_REUSED: {
      description:
        'A refresh token came that was used before, so it is in more hands than one. The session was ended.',
    },
    USER_CREATED: { description: 'An account was made.' },
    USER_UPDATED: { description: 'An account was changed, but for its role and password.' },
    USER_ROLE_CHANGED: { description: 'A user was given another role.' },
    USER_PASSWORD_CHANGED: { description: 'A user was given another password.' },
    USER_DISABLED: { description: 'An account was disabled, and its sessions ended.' },
    USER_ENABLED: { description: 'A disabled account was enabled again.' },
    USER_REMOVED: { description: 'An account was removed.' },
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
