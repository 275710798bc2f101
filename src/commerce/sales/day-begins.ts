import { type RawBuilder, sql } from 'kysely';
import type { Value } from '../../shared/statements/index.js';

/**
 * The sub-select of the moment at which a day begins in the organization's time zone.
 *
 * It is the first quarter of an hour that the clocks there show as that day or a later one: so it is right for days
 * that begin at one o'clock, that have midnight twice, or that were left out, and for offsets of 45 minutes.
 * PostgreSQL's own `day AT TIME ZONE zone` takes the second of two midnights.
 *
 * @param orgId UUID of the organization, as a `value` in a shaped statement
 * @param day of type date
 */
export function dayBegins(
  orgId: string | Value<string>,
  day: RawBuilder<unknown>,
): RawBuilder<Date> {
  return sql<Date>`(
    SELECT min(quarter) FROM generate_series(
      (${day})::timestamp AT TIME ZONE 'UTC' - interval '16 hours',
      (${day})::timestamp AT TIME ZONE 'UTC' + interval '16 hours', interval '15 minutes'
    ) AS quarter
    WHERE (quarter AT TIME ZONE (
      SELECT organizations.time_zone FROM organizations WHERE organizations.id = ${orgId}::uuid
    ))::date >= ${day}
  )`;
}
