/**
 * Every code that a client can meet in `extensions.code`, apart from Apollo's own parse and
 * validation codes. The union is closed: adding a code is a change of the public API.
 */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'BAD_USER_INPUT'
  | 'VERSION_CONFLICT'
  | 'ALREADY_EXISTS'
  | 'INSUFFICIENT_STOCK'
  | 'CART_CHANGED'
  | 'ORDER_STATUS'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'RATE_LIMITED'
  | 'SECOND_FACTOR_REQUIRED'
  | 'UNAVAILABLE'
  | 'INTERNAL';

/** One thing that is wrong with what the caller sent. */
export interface FieldFault {
  /** Where it stands in the arguments, dotted: `input.title`, `filter.and.0.status`. */
  path: string;
  /** What is wrong and what would be right, as a sentence. */
  message: string;
}

/**
 * The base of every error that a caller is meant to see.
 *
 * `message` and `details` reach the client as they are; whatever caused the error stays in
 * `cause`, which only the log shows.
 */
export class RowhouseError extends Error {
  override readonly name: string = 'RowhouseError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export function unauthenticated(
  message = 'Sign in first: send an Authorization header, or the cookies of a session that is still good.',
) {
  return new RowhouseError('UNAUTHENTICATED', message);
}

/**
 * @param permission the permission that the caller lacks, e.g. `tasks:write`
 * @param who what should include it
 */
export function forbidden(permission: string, who: 'Your role' | 'This API key') {
  return new RowhouseError('FORBIDDEN', `${who} does not include ${permission}.`, { permission });
}

export const NOT_FOR_SHOPPERS = 'This is not for customers of the organization, nor for guests.';

/** For what is not among the things that customers and guests may do, whatever their role includes. */
export function notForShoppers() {
  return new RowhouseError('FORBIDDEN', NOT_FOR_SHOPPERS, { requires: 'staff' });
}

/** For what only people do, who have signed in: no key and no token of somebody else's will do. */
export function sessionRequired() {
  return new RowhouseError('FORBIDDEN', 'Only who has signed in may do this: no API key may.', {
    requires: 'session',
  });
}

/**
 * The answer for an id that does not exist and, to the byte, for one of another organization.
 *
 * @param id as the caller gave it
 */
export function notFound(id: string) {
  return new RowhouseError('NOT_FOUND', 'There is nothing with this id.', { id });
}

export function badUserInput(fields: FieldFault[]) {
  const message =
    fields.length === 1 && fields[0]
      ? `${fields[0].path}: ${fields[0].message}`
      : `${fields.length} values can't be taken as they are; see extensions.fields.`;
  return new RowhouseError('BAD_USER_INPUT', message, { fields });
}

/** One value that cannot be taken. @param path where it stands in the arguments, e.g. `input.title` */
export function badField(path: string, message: string) {
  return badUserInput([{ path, message }]);
}

/** @param field path of the value that is taken, e.g. `input.email` */
export function alreadyExists(field: string, message: string) {
  return new RowhouseError('ALREADY_EXISTS', message, { field });
}

/**
 * A stale optimistic lock.
 *
 * @param current the row as it is now and as the caller may see it, so that nothing typed is lost
 */
export function versionConflict(currentVersion: number, current: unknown) {
  return new RowhouseError(
    'VERSION_CONFLICT',
    'Somebody changed this in the meantime. Compare with extensions.current and send the change again with its version.',
    { currentVersion, current },
  );
}

/** A product of which less is there than is to go. */
export interface Shortage {
  /** Public id. */
  productId: string;
  /** Units that are there. */
  onHand: number;
  /** Units of these that can be had, where some may be kept for others: for a sale, or to be kept. */
  available?: number;
  /** Units that were to go. */
  requested: number;
}

/** Nothing was moved: there is less of these products than is to go. @param shortages at least one */
export function insufficientStock(shortages: readonly Shortage[]) {
  const [first] = shortages;
  const message =
    shortages.length === 1 && first
      ? shortageMessage(first)
      : `There is too little of ${shortages.length} products in stock; see extensions.shortages.`;
  return new RowhouseError('INSUFFICIENT_STOCK', message, { shortages });
}

function shortageMessage({ onHand, available = onHand, requested }: Shortage): string {
  return available === onHand
    ? `Only ${onHand} are in stock, and ${requested} are to go.`
    : `Only ${available} of the ${onHand} in stock can be had, and ${requested} are to go.`;
}

/** What is another one by now than its buyer has seen it in the cart. */
export type CartChange =
  | { readonly productId: string; readonly kind: 'UNAVAILABLE' }
  | {
      readonly productId: string;
      readonly kind: 'PRICE';
      readonly from: object;
      readonly to: object;
    };

/** Nothing was ordered: not what the buyer has seen. @param changes with public ids; at least one */
export function cartChanged(changes: readonly CartChange[]) {
  return new RowhouseError(
    'CART_CHANGED',
    'Prices have changed, or products are not for sale any more; see extensions.changes. Show the cart again, have it confirmed, and send the order once more.',
    { changes },
  );
}

/** What an order cannot be made to do as it stands. @param status of the order */
export function orderStatus(status: string, message: string) {
  return new RowhouseError('ORDER_STATUS', message, { status: status.toUpperCase() });
}

/** The same key, and another request: which of them is meant, nobody knows. */
export function idempotencyKeyReused() {
  return new RowhouseError(
    'IDEMPOTENCY_KEY_REUSED',
    'Another request was made under this key. Take a new key for each request, and the same one only to repeat it as it was.',
  );
}

/**
 * Somebody asks for more than they may in this time.
 *
 * @param retryAfterSeconds when it is worth trying again
 */
export function rateLimited(message: string, retryAfterSeconds: number) {
  return new RowhouseError('RATE_LIMITED', message, { retryAfterSeconds });
}

/** The password is right, and not enough: the account has a second factor. */
export function secondFactorRequired(message: string) {
  return new RowhouseError('SECOND_FACTOR_REQUIRED', message);
}

/** The database can't be reached, or everybody else is using it; the same request may work later. */
export function unavailable(message: string, cause?: unknown) {
  return new RowhouseError('UNAVAILABLE', message, { retryable: true }, { cause });
}

/** Nobody knows whether a change was kept: sending it again unread could make it twice. */
export function outcomeUnknown(cause: unknown) {
  return new RowhouseError(
    'UNAVAILABLE',
    'The connection to the database was lost while saving. The change may or may not have been kept: look before you send it again.',
    { retryable: false },
    { cause },
  );
}
