import type { IncomingHttpHeaders } from 'node:http';

/**
 * Headers that a page sends to another site only after asking with a preflight, which answers to the origins of
 * `CORS_ORIGINS` alone: https://fetch.spec.whatwg.org/#cors-safelisted-request-header
 */
export const PREFLIGHTED_HEADERS = ['x-apollo-operation-name', 'apollo-require-preflight'] as const;

/** No form can send it, and no script without asking. */
const JSON_BODY = /^application\/json[\t ]*(;|$)/i;

/**
 * Whether no page of another site can have caused this request: only then do cookies, which a browser adds
 * to every request, say anything about who wants it. An `Authorization` header is no part of this: it speaks
 * for itself, and not for the cookies beside it.
 */
export function isPreflighted(headers: IncomingHttpHeaders): boolean {
  if (JSON_BODY.test(headers['content-type'] ?? '')) return true;
  return PREFLIGHTED_HEADERS.some((name) => headers[name]);
}
