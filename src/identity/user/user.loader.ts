import { rowLoader } from '../../shared/batch.js';
import { notFound } from '../../shared/errors.js';
import { decodeId, encodeId } from '../../shared/ids.js';
import { type RequestContext, requireCaller } from '../request-context.js';
import { type UserRow, UserStore } from './user.store.js';

const store = new UserStore();

/** The users of one request, each fetched once. */
export class UserLoader extends rowLoader(store) {}

/**
 * The UUID of a user whom an input names, and who is there until the transaction ends: something is to refer to them.
 *
 * @param ctx of a mutation
 * @param path where the id stands in the arguments, for the error
 * @throws NOT_FOUND when the organization has no such user; BAD_USER_INPUT
 */
export async function requireUser(ctx: RequestContext, id: string, path: string): Promise<string> {
  const user = await store.findAndKeep(ctx.tx, decodeId('user', id, path));
  if (!user) throw notFound(id);
  return user.id;
}

/**
 * The caller's own account, which is there until the transaction ends: something is to refer to it.
 *
 * @param ctx of a mutation
 * @throws NOT_FOUND when it was removed since the sign-in
 */
export async function requireSelf(ctx: RequestContext): Promise<UserRow> {
  const { userId } = requireCaller(ctx);
  const user = await store.findAndKeep(ctx.tx, userId);
  if (!user) throw notFound(encodeId('user', userId));
  return user;
}

/** Owners and admins who can sign in, the oldest accounts first: whom the organization's mail is for. */
export function findAdministrators(
  { tx }: RequestContext,
  limit: number,
): Promise<Pick<UserRow, 'email' | 'name'>[]> {
  return store.findAdministrators(tx, limit);
}
