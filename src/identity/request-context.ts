import { unauthenticated } from '../shared/errors.js';
import type { TenantTransaction } from '../tenancy/index.js';
import type { Role } from './roles.js';

/** Who sent the request, from verified claims and nothing else. */
export interface Caller {
  /** UUID. */
  readonly orgId: string;
  /** UUID. */
  readonly userId: string;
  readonly role: Role;
}

/**
 * What every resolver, service and loader is given: first parameter, always explicit.
 */
export interface RequestContext {
  /** Null for who is not signed in. */
  readonly caller: Caller | null;

  /** Network address of the client, as the server saw it; null where no client asks. */
  readonly address: string | null;

  /**
   * The transaction of the caller's organization, begun with its first statement.
   *
   * @throws UNAUTHENTICATED for who is not signed in
   */
  readonly tx: TenantTransaction;

  /**
   * This request's own instance of a class, made at its first use: loaders live here. After each
   * root field of a mutation all are made anew, so that nothing read before a write is served after.
   */
  use<T>(member: new (ctx: RequestContext) => T): T;
}

/** The caller of a field that only signed-in people reach. @throws UNAUTHENTICATED */
export function requireCaller({ caller }: RequestContext): Caller {
  if (!caller) throw unauthenticated();
  return caller;
}
