import { rowLoader } from '../../shared/batch.js';
import { may, type RequestContext, requireCaller } from '../request-context.js';
import { type ApiKeyRow, ApiKeyStore } from './api-key.store.js';

/** The keys of one request, each fetched once. */
class ApiKeyLoader extends rowLoader(new ApiKeyStore()) {}

/** A key by its UUID; null also for one of somebody else, whom the caller does not administer. */
export async function loadApiKey(ctx: RequestContext, id: string): Promise<ApiKeyRow | null> {
  const key = await ctx.use(ApiKeyLoader).byId.load(id);
  return key && maySee(ctx, key) ? key : null;
}

/** Whether it is the caller's own, or the caller administers those of everybody. */
function maySee(ctx: RequestContext, { userId }: ApiKeyRow): boolean {
  return userId === requireCaller(ctx).userId || may(ctx, 'credentials:write');
}
