import { type RawBuilder, sql } from 'kysely';

/*
 * Who is let in at all, as conditions of statements that join `organizations`, and `users`, under their own names.
 * Whatever opens something for somebody asks for the one or the other: sessions, keys, identities of providers,
 * links in mail.
 */

/** @param moment of a clock other than the database's */
type Moment = RawBuilder<Date>;

const NOW: Moment = sql<Date>`now()`;

/** Whether the organization is neither suspended nor due to be erased. */
export function organizationLetsIn(moment = NOW) {
  return sql<boolean>`(organizations.suspended_at IS NULL
    AND (organizations.deletion_due_at IS NULL OR organizations.deletion_due_at > ${moment}))`;
}

/** Whether the user is not disabled, and the organization lets anybody in. */
export function userIsLetIn(moment = NOW) {
  return sql<boolean>`(users.disabled_at IS NULL AND ${organizationLetsIn(moment)})`;
}
