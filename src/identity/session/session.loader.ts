import { loadById } from '../../shared/batch.js';
import { type RequestContext, requireCaller } from '../request-context.js';
import { SessionStore } from './session.store.js';

const store = new SessionStore();

/** The caller's own sessions of one request, each fetched once; nobody else's are found. */
export class SessionLoader {
  readonly byId;

  constructor(ctx: RequestContext) {
    const { userId } = requireCaller(ctx);
    this.byId = loadById(async (ids) => {
      const sessions = await store.findByIds(ctx.tx, ids);
      return sessions.filter((session) => session.userId === userId);
    });
  }
}
