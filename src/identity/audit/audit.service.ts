import { decodeId } from '../../shared/ids.js';
import type { Page, PageRequest } from '../../shared/page.js';
import { value } from '../../shared/statements/index.js';
import type { RequestContext } from '../request-context.js';
import { type AuditEventFilter, type AuditEventOrder } from './audit.input.js';
import type { AuditCriteria, AuditEventRow, AuditStore } from './audit.store.js';

export class AuditService {
  readonly #store: AuditStore;

  constructor(store: AuditStore) {
    this.#store = store;
  }

  /** @throws BAD_USER_INPUT */
  async list(
    ctx: RequestContext,
    filter: AuditEventFilter | null,
    orderBy: AuditEventOrder,
    request: PageRequest,
  ): Promise<Page<AuditEventRow>> {
    const criteria = auditCriteria(filter ?? {});
    return this.#store.list.page(ctx.tx, { criteria, orderBy, request });
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
