import type { GraphQLFormattedError } from 'graphql';

/** Codes that are worth a status of their own; the graver first. Every other is 200. */
const STATUS_OF_CODE: readonly (readonly [code: string, status: number])[] = [
  ['INTERNAL', 500],
  ['UNAVAILABLE', 503],
  ['RATE_LIMITED', 429],
  ['UNAUTHENTICATED', 401],
];

export interface HttpHead {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

const OK: HttpHead = { status: 200, headers: [] };

/**
 * Status and headers of an answer. A part that succeeded makes it 200; when nothing did, the gravest
 * code decides, so that load balancers and retrying clients understand it without reading the body.
 */
export function httpHead(
  data: Readonly<Record<string, unknown>> | null | undefined,
  errors: readonly GraphQLFormattedError[] | undefined,
): HttpHead {
  if (!errors || errors.length === 0 || anyRootSucceeded(data, errors)) return OK;
  for (const [code, status] of STATUS_OF_CODE) {
    const error = errors.find(({ extensions }) => extensions?.code === code);
    if (error) return { status, headers: retryAfter(error) };
  }
  return OK;
}

/** A root field succeeded when it has a value, or is null without an error having made it so. */
function anyRootSucceeded(
  data: Readonly<Record<string, unknown>> | null | undefined,
  errors: readonly GraphQLFormattedError[],
): boolean {
  if (!data) return false;
  return Object.entries(data).some(
    ([key, value]) => value !== null || !errors.some(({ path }) => path?.[0] === key),
  );
}

/** https://www.rfc-editor.org/rfc/rfc9110#field.retry-after, in seconds. */
function retryAfter({ extensions }: GraphQLFormattedError): HttpHead['headers'] {
  if (extensions?.code === 'UNAVAILABLE') {
    return extensions.retryable ? [['retry-after', '1']] : [];
  }
  const seconds = extensions?.retryAfterSeconds;
  return typeof seconds === 'number' ? [['retry-after', String(Math.ceil(seconds))]] : [];
}
