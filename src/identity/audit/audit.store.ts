import { sql } from 'kysely';
import { newUuid } from '../../shared/ids.js';
import { fixedStatement, type Value } from '../../shared/statements/index.js';
import {
  entityList,
  findByIds,
  type model,
  query,
  type TenantTransaction,
} from '../../tenancy/index.js';

export type AuditEventRow = Omit<model.AuditEvent, 'orgId' | 'details'> & { details: unknown };

/** What is written; the rest the store and the table know by themselves. */
export type NewAuditEvent = Pick<AuditEventRow, 'kind' | 'actorId' | 'subjectId' | 'address'> & {
  details: object;
};

/** Which events, checked and ready for a statement. */
export interface AuditCriteria {
  kinds?: Value<readonly string[]>;
  actorId?: Value<string>;
  subjectId?: Value<string>;
  since?: Value<Date>;
  until?: Value<Date>;
}

const COLUMNS = [
  'audit_events.id',
  'audit_events.kind',
  'audit_events.actor_id as actorId',
  'audit_events.subject_id as subjectId',
  'audit_events.occurred_at as occurredAt',
  'audit_events.address',
  'audit_events.details',
] as const;

/** A new row, its details as JSON. */
type Inserted = Omit<NewAuditEvent, 'details'> & { orgId: string; id: string; details: string };

const inserted = fixedStatement('audit-events.insert', (event: Inserted) =>
  sql<Record<string, never>>`
    INSERT INTO audit_events (org_id, id, kind, actor_id, subject_id, address, details)
    VALUES (${event.orgId}, ${event.id}, ${event.kind}, ${event.actorId}, ${event.subjectId},
      ${event.address}, ${event.details})`.compile(query),
);

/** New rows, column by column. */
interface InsertedMany {
  orgId: string;
  ids: readonly string[];
  kinds: readonly string[];
  actorIds: readonly (string | null)[];
  subjectIds: readonly (string | null)[];
  addresses: readonly (string | null)[];
  details: readonly string[];
}

const insertedMany = fixedStatement('audit-events.insert-many', (events: InsertedMany) =>
  sql<Record<string, never>>`
    INSERT INTO audit_events (org_id, id, kind, actor_id, subject_id, address, details)
    SELECT ${events.orgId}::uuid, id, kind, actor_id, subject_id, address, details::jsonb
    FROM unnest(${events.ids}::uuid[], ${events.kinds}::text[], ${events.actorIds}::uuid[],
      ${events.subjectIds}::uuid[], ${events.addresses}::text[], ${events.details}::text[])
      AS event (id, kind, actor_id, subject_id, address, details)`.compile(query),
);

/**
 * Records the event if its subject is a user of the organization. Either way the transaction has something
 * in the write-ahead log to wait for when it commits: the message, which nobody reads. Else an account that
 * is not there would be told by the shorter time.
 */
const insertedOfUser = fixedStatement('audit-events.insert-of-user', (event: Inserted) =>
  sql<Record<string, never>>`
    WITH recorded AS (
      INSERT INTO audit_events (org_id, id, kind, actor_id, subject_id, address, details)
      SELECT users.org_id, ${event.id}::uuid, ${event.kind}::text, ${event.actorId}::uuid, users.id,
        ${event.address}::text, ${event.details}::jsonb
      FROM users WHERE users.org_id = ${event.orgId}::uuid AND users.id = ${event.subjectId}::uuid
    )
    SELECT FROM pg_logical_emit_message(true, 'rowhouse', '')`.compile(query),
);

/** Events are added and read; the serving role may do nothing else with them. */
export class AuditStore {
  readonly findByIds = findByIds('audit_events', COLUMNS);

  readonly list = entityList({
    table: 'audit_events',
    columns: COLUMNS,
    orders: {
      OCCURRED_AT: {
        column: 'audit_events.occurred_at',
        type: 'timestamp',
        property: 'occurredAt',
      },
    },
    matching: (rows, { kinds, actorId, subjectId, since, until }: AuditCriteria) => {
      let events = rows;
      if (kinds) {
        events = events.where('audit_events.kind', '=', sql<string>`ANY(${kinds}::text[])`);
      }
      if (actorId) {
        events = events.where('audit_events.actor_id', '=', sql<string>`${actorId}::uuid`);
      }
      if (subjectId) {
        events = events.where('audit_events.subject_id', '=', sql<string>`${subjectId}::uuid`);
      }
      if (since) events = events.where('audit_events.occurred_at', '>=', moment(since));
      if (until) events = events.where('audit_events.occurred_at', '<', moment(until));
      return events;
    },
  });

  async add(tx: TenantTransaction, event: NewAuditEvent): Promise<void> {
    await tx.execute(insertionOf(tx.tenant.orgId, event));
  }

  /** Adds any number of events with one statement. */
  async addAll(tx: TenantTransaction, events: readonly NewAuditEvent[]): Promise<void> {
    const rows = events.map((event) => row(tx.tenant.orgId, event));
    await tx.execute(
      insertedMany({
        orgId: tx.tenant.orgId,
        ids: rows.map(({ id }) => id),
        kinds: rows.map(({ kind }) => kind),
        actorIds: rows.map(({ actorId }) => actorId),
        subjectIds: rows.map(({ subjectId }) => subjectId),
        addresses: rows.map(({ address }) => address),
        details: rows.map(({ details }) => details),
      }),
    );
  }

  /** Adds the event if its subject is a user of the organization; costs the same if not. */
  async addOfUser(tx: TenantTransaction, event: NewAuditEvent): Promise<void> {
    await tx.execute(insertedOfUser(row(tx.tenant.orgId, event)));
  }
}

/** What adds an event, for whoever has no transaction yet. @param orgId UUID of whose it will be */
export function insertionOf(orgId: string, event: NewAuditEvent) {
  return inserted(row(orgId, event));
}

function row(orgId: string, event: NewAuditEvent): Inserted {
  return { ...event, orgId, id: newUuid(), details: JSON.stringify(event.details) };
}

function moment(of: Value<Date>) {
  return sql<Date>`${of}::timestamptz`;
}
