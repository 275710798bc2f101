import { loadById } from '../../shared/batch.js';
import { requirePermissions } from '../authorization.js';
import { type RequestContext, requireCaller } from '../request-context.js';
import type { Permission } from '../roles.js';
import { type InvitationRow, InvitationStore } from './invitation.store.js';

const store = new InvitationStore();
const PERMISSIONS: ReadonlySet<Permission> = new Set(['users:write']);

/** The invitations of one request, each fetched once. */
export class InvitationLoader {
  readonly byId;

  constructor(ctx: RequestContext) {
    this.byId = loadById((ids) => store.findByIds(ctx.tx, ids));
  }
}

/**
 * An invitation by its UUID, for `node`, which asks for no permission by itself.
 *
 * @throws FORBIDDEN before it is looked for, so that nobody learns which invitations there are
 */
export async function loadInvitation(
  ctx: RequestContext,
  id: string,
): Promise<InvitationRow | null> {
  requirePermissions(requireCaller(ctx), PERMISSIONS);
  return ctx.use(InvitationLoader).byId.load(id);
}
