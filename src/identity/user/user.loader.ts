import { loadById } from '../../shared/batch.js';
import { notFound } from '../../shared/errors.js';
import { decodeId } from '../../shared/ids.js';
import type { RequestContext } from '../request-context.js';
import { UserStore } from './user.store.js';

const store = new UserStore();

/** The users of one request, each fetched once. */
export class UserLoader {
  readonly byId;

  constructor(ctx: RequestContext) {
    this.byId = loadById((ids) => store.findByIds(ctx.tx, ids));
  }
}

/**
 * The UUID of a user whom an input names.
 *
 * @param path where the id stands in the arguments, for the error
 * @throws NOT_FOUND when the organization has no such user; BAD_USER_INPUT
 */
export async function requireUser(ctx: RequestContext, id: string, path: string): Promise<string> {
  const user = await ctx.use(UserLoader).byId.load(decodeId('user', id, path));
  if (!user) throw notFound(id);
  return user.id;
}
