import { loadById } from '../../shared/batch.js';
import { requirePermissions } from '../authorization.js';
import { type RequestContext, requireCaller } from '../request-context.js';
import type { Permission } from '../roles.js';
import { type AuditEventRow, AuditStore } from './audit.store.js';

const store = new AuditStore();
const PERMISSIONS: ReadonlySet<Permission> = new Set(['audit:read']);

/** The events of one request, each fetched once. */
export class AuditLoader {
  readonly byId;

  constructor(ctx: RequestContext) {
    this.byId = loadById((ids) => store.findByIds(ctx.tx, ids));
  }
}

/**
 * An event by its UUID, for `node`, which asks for no permission by itself.
 *
 * @throws FORBIDDEN before it is looked for, so that nobody learns which events there are
 */
export async function loadEvent(ctx: RequestContext, id: string): Promise<AuditEventRow | null> {
  requirePermissions(requireCaller(ctx), PERMISSIONS);
  return ctx.use(AuditLoader).byId.load(id);
}
