import { sessionRequired, unauthenticated } from '../shared/errors.js';
import type { Precondition, Recording, TenantTransaction } from '../tenancy/index.js';
import { CUSTOMER_ROLE, type Grant, type Permission } from './roles.js';

/** Who sends a request to an organization, signed in or not, as far as its transaction has to know. */
export interface Sender {
  /** UUID. */
  readonly orgId: string;
  /** UUID of a user, or of a visitor; null for a visitor whom nothing can belong to. */
  readonly userId: string | null;
  /** What the database must still say of the sender for the claims to count. */
  readonly precondition: Precondition;
  /**
   * Whether the credentials were not looked at for this request, but remembered from one before. Where
   * the precondition does not hold, they are looked at again, and answered as if there had been no memory.
   */
  readonly isRemembered?: boolean;
  /** Where it is due that the audit trail tells by which key or secret this request has come. */
  readonly use?: UseRecording;
}

/**
 * A guest of the shop: nobody who is signed in, but known by a publishable key to ask a certain organization. Who has
 * a cart token as well has an id of their own, by it.
 */
export interface Visitor extends Sender {
  readonly isGuest: true;
}

/** Who sent the request, from verified claims and nothing else. */
export interface Caller extends Grant, Sender {
  /** UUID. */
  readonly userId: string;
  /** UUID of the session that the caller's token is of; null where it is of none. */
  readonly sessionId: string | null;
  /** Whether it is an API key that acts for the user. */
  readonly isKey?: boolean;
  /** Whether the organization wants its secret beside these credentials. */
  readonly requiresTenantSecret: boolean;
  /** Whether it came with them, and was good. */
  readonly hasTenantSecret?: boolean;
}

/** The use of credentials, in the trail or on its way there. */
export interface UseRecording extends Recording {
  /**
   * The request is over. What its transaction has not kept, or it has had none, is recorded by itself; but
   * nothing of one whose credentials were refused.
   */
  end(outcome: { isRefused: boolean }): void;
}

/** The program at the other end, as the server sees it. */
export interface Client {
  /** Network address; null where no client asks. */
  readonly address: string | null;
  /** What it calls itself: its `User-Agent`. */
  readonly userAgent: string | null;
  /** `X-Cart-Token`: what makes a guest somebody. As it was sent, and stored nowhere. */
  readonly cartToken?: string | undefined;
}

/** With which requests a browser sends a cookie: those of GraphQL, or all. */
export type CookiePath = '/graphql' | '/';

/**
 * What a browser keeps between requests, where no script can read it. Attributes such as `Secure` are the
 * server's.
 */
export interface Cookies {
  /** As the browser sent it; undefined in a request that another site's page may have caused. */
  get(name: string): string | undefined;

  /**
   * Leaves with the answer, once everything is committed. So it is the last thing that a resolver does.
   *
   * @param options.maxAgeSeconds for how long the browser keeps it
   */
  set(name: string, value: string, options: { maxAgeSeconds: number; path: CookiePath }): void;

  /** Makes the browser forget it; does nothing where it has sent none. Otherwise like `set`. */
  clear(name: string, path: CookiePath): void;
}

/** As the tables have it. */
const LONGEST_ADDRESS = 64;
const LONGEST_USER_AGENT = 300;

/** A client, of what it says only as much as is ever stored. */
export function clientOf(
  address: string | undefined,
  userAgent: string | undefined,
  cartToken?: string,
): Client {
  return {
    address: address?.slice(0, LONGEST_ADDRESS) || null,
    userAgent: userAgent?.slice(0, LONGEST_USER_AGENT) || null,
    cartToken,
  };
}

/**
 * What every resolver, service and loader is given: first parameter, always explicit.
 */
export interface RequestContext {
  /** Null for who is not signed in. */
  readonly caller: Caller | null;

  /** Null for who is signed in, and for who asks no shop. */
  readonly visitor: Visitor | null;

  readonly client: Client;

  readonly cookies: Cookies;

  /**
   * The transaction of the caller's or the visitor's organization, begun with its first statement. What belongs to
   * them belongs to `tx.tenant.userId`.
   *
   * @throws UNAUTHENTICATED for who is neither
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

/** Whether a customer or a guest asks: to whom the API opens a few operations, and the database a few rows. */
export function isShopper({
  caller,
  visitor,
}: Pick<RequestContext, 'caller' | 'visitor'>): boolean {
  return caller ? caller.role === CUSTOMER_ROLE : visitor !== null;
}

/** Whether the caller holds a permission. @throws UNAUTHENTICATED */
export function may(ctx: RequestContext, permission: Permission): boolean {
  return requireCaller(ctx).permissions.has(permission);
}

/**
 * The caller of a field that opens or closes ways in: whoever has got hold of a key shall not be able to make
 * one that outlives it. So a key, however wide its scopes are, cannot.
 *
 * @throws FORBIDDEN for a caller without a session; UNAUTHENTICATED
 */
export function requireSession(ctx: RequestContext): Caller {
  const caller = requireCaller(ctx);
  if (caller.sessionId === null) throw sessionRequired();
  return caller;
}
