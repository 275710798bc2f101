import { decodeId } from '../../shared/ids.js';
import { fetchedPage, type KeysetOrder, keysetPage } from '../../shared/keyset.js';
import type { Page, PageRequest } from '../../shared/page.js';
import { value } from '../../shared/statements/index.js';
import type { RequestContext } from '../request-context.js';
import {
  type AuditEventFilter,
  type AuditEventOrder,
  AuditEventOrderField,
} from './audit.input.js';
import type { AuditCriteria, AuditEventRow, AuditStore } from './audit.store.js';

const ORDERS = {
  [AuditEventOrderField.OCCURRED_AT]: {
    column: 'audit_events.occurred_at',
    type: 'timestamp',
    keyOf: (event: AuditEventRow) => event.occurredAt,
  },
} as const;

export class AuditService {
  readonly #store: AuditStore;

  constructor(store: AuditStore) {
    this.#store = store;
  }

  /** @throws BAD_USER_INPUT */
  async list(
    ctx: RequestContext,
    filter: AuditEventFilter | null,
    { field, direction }: AuditEventOrder,
    request: PageRequest,
  ): Promise<Page<AuditEventRow>> {
    const { keyOf, ...column } = ORDERS[field];
    const order: KeysetOrder = { ...column, name: field, idColumn: 'audit_events.id', direction };
    const criteria = auditCriteria(filter ?? {});
    const rows = await this.#store.list(ctx.tx, criteria, keysetPage(order, request));
    return fetchedPage(order, request, rows, keyOf, () => this.#store.count(ctx.tx, criteria));
  }
}

function auditCriteria(filter: AuditEventFilter): AuditCriteria {
  const { kind, actorId, subjectId, since, until } = filter;
  const criteria: AuditCriteria = {};
  if (kind != null) criteria.kinds = value(kind);
  if (actorId != null) criteria.actorId = value(decodeId('user', actorId, 'filter.actorId'));
  if (subjectId != null) {
    criteria.subjectId = value(decodeId('user', subjectId, 'filter.subjectId'));
  }
  if (since != null) criteria.since = value(since);
  if (until != null) criteria.until = value(until);
  return criteria;
}
