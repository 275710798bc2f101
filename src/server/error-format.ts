import { randomBytes } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError, Kind } from 'graphql';
import { ArgumentValidationError } from 'type-graphql';
import { badUserInput, RowhouseError } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import { argumentFault, argumentValidationFaults } from './input-faults.js';

/** Where an error came up, for the log. */
export interface ErrorSource {
  /** Absent where Apollo does not tell. */
  readonly requestId?: string;
  /** As the client sent them; they help to say which argument an invalid value stands in. */
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Turns whatever was thrown into what a client may see. Errors that are made for clients pass with
 * their code and details; everything else is masked behind an id that is in the log as well.
 */
export class ErrorFormat {
  readonly #logger: Logger;
  /** One thing that fails ten fields is one incident, and one entry in the log. */
  readonly #incidents = new WeakMap<object, string>();
  readonly #noted = new WeakSet<Error>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  format(error: GraphQLError, source: ErrorSource): GraphQLFormattedError {
    const cause = causeOf(error);
    const visible = visibleError(cause, error, source);
    if (visible) {
      if (visible.code === 'UNAVAILABLE') this.#noteUnavailable(cause, source);
      return located(error, visible.message, { code: visible.code, ...visible.details });
    }
    const incidentId = this.#incident(cause, error, source);
    return located(error, 'Something went wrong on our side.', { code: 'INTERNAL', incidentId });
  }

  #incident(cause: unknown, { path }: GraphQLError, { requestId }: ErrorSource): string {
    const key = typeof cause === 'object' && cause !== null ? cause : {};
    const known = this.#incidents.get(key);
    if (known) return known;
    const incidentId = randomBytes(8).toString('hex');
    this.#incidents.set(key, incidentId);
    const fields = { incidentId, requestId, path: path?.join('.') };
    try {
      this.#logger.error({ ...fields, err: cause }, 'incident');
    } catch {
      // The serializer writes to the error, which may be frozen, and reads getters, which may throw.
      this.#logger.error({ ...fields, err: describe(cause) }, 'incident');
    }
    return incidentId;
  }

  #noteUnavailable(cause: unknown, { requestId }: ErrorSource): void {
    if (!(cause instanceof Error) || this.#noted.has(cause)) return;
    this.#noted.add(cause);
    this.#logger.warn({ requestId, err: cause }, 'unavailable');
  }
}

/** Anything thrown, in the one form that `ErrorFormat` takes. */
export function asGraphQLError(thrown: unknown): GraphQLError {
  if (thrown instanceof GraphQLError) return thrown;
  const originalError = thrown instanceof Error ? thrown : new Error(describe(thrown));
  return new GraphQLError('Thrown outside of any field.', { originalError });
}

/** What was thrown in the first place; graphql-js wraps it to add the path. */
function causeOf(error: GraphQLError): unknown {
  let cause: Error = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  // graphql-js packs what is thrown without being an Error.
  return 'thrownValue' in cause ? cause.thrownValue : cause;
}

function visibleError(
  cause: unknown,
  error: GraphQLError,
  { variables }: ErrorSource,
): RowhouseError | undefined {
  if (cause instanceof RowhouseError) return cause.code === 'INTERNAL' ? undefined : cause;
  if (cause instanceof ArgumentValidationError) {
    return badUserInput(argumentValidationFaults(cause, error.nodes?.[0], variables));
  }
  // An argument that graphql-js could not coerce while executing is the only error of its own that
  // points at something else than a field: `null` in a variable for a non-null argument.
  if (cause instanceof GraphQLError && cause.nodes?.[0] && cause.nodes[0].kind !== Kind.FIELD) {
    return badUserInput([argumentFault(cause)]);
  }
  return undefined;
}

function located(
  { locations, path }: GraphQLError,
  message: string,
  extensions: Record<string, unknown>,
): GraphQLFormattedError {
  return { message, ...(locations && { locations }), ...(path && { path }), extensions };
}

function describe(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.stack ?? thrown) : String(thrown);
  } catch {
    return 'something that cannot be shown';
  }
}
