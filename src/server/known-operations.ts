import type { FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import type { Operation, ResolvedOperation } from './operation.js';

/** Characters of the documents that are kept; a parsed one takes some 60 bytes for each. */
const MOST_CHARACTERS = 500_000;
const LONGEST_DOCUMENT = 20_000;

/** What clients accept; an application always says the same. */
const MOST_ACCEPTS = 100;
const LONGEST_ACCEPT = 500;

/** By the operation's name; null where the document has but one and the client does not name it. */
type Operations = Map<string | null, ResolvedOperation>;

/** An operation that can be run at once, and the media type of its answer. */
export interface KnownRequest {
  readonly operation: Operation;
  readonly contentType: string;
}

/**
 * What Apollo Server has found out about requests: the valid document behind a text, and the media type that a
 * client takes. Its way from the request to the answer is the same each time, and is a tenth of the time of
 * a list; whoever asks the same again is spared it.
 *
 * Nothing is decided here. What has not been seen, or looks unusual in any way, goes through Apollo Server.
 */
export class KnownOperations {
  readonly #documents = new LRUCache<string, Operations>({
    maxSize: MOST_CHARACTERS,
    sizeCalculation: (_operations, text) => text.length + 1,
  });
  readonly #contentTypes = new LRUCache<string, string>({ max: MOST_ACCEPTS });

  /** @returns undefined for what Apollo Server has to look at */
  find({ method, headers, body }: FastifyRequest): KnownRequest | undefined {
    const asked = method === 'POST' ? plainRequest(body) : undefined;
    if (!asked) return undefined;
    const resolved = this.#documents.get(asked.query)?.get(asked.operationName);
    const contentType = this.#contentTypes.get(headers.accept ?? '');
    if (!resolved || contentType === undefined) return undefined;
    return { operation: { ...resolved, variables: asked.variables }, contentType };
  }

  /** Learns from a request that Apollo Server has answered. */
  learn({ method, headers, body, exchange }: FastifyRequest, reply: FastifyReply): void {
    const asked = method === 'POST' ? plainRequest(body) : undefined;
    const contentType = reply.getHeader('content-type');
    if (!asked || !exchange?.operation || typeof contentType !== 'string') return;
    const { accept = '' } = headers;
    if (accept.length <= LONGEST_ACCEPT) this.#contentTypes.set(accept, contentType);
    const { query, operationName } = asked;
    if (query.length > LONGEST_DOCUMENT) return;
    const operations: Operations = this.#documents.get(query) ?? new Map();
    operations.set(operationName, exchange.operation);
    this.#documents.set(query, operations);
  }
}

interface PlainRequest {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Record<string, unknown> | undefined;
}

/**
 * A body as clients send it. It was JSON in a POST, which no other site's page can send without a preflight.
 *
 * @returns undefined for anything else
 */
function plainRequest(body: unknown): PlainRequest | undefined {
  if (!isRecord(body)) return undefined;
  const { query, operationName = null, variables, extensions } = body;
  if (typeof query !== 'string' || operationName === '') return undefined;
  if (operationName !== null && typeof operationName !== 'string') return undefined;
  if (variables != null && !isRecord(variables)) return undefined;
  if (extensions != null && (!isRecord(extensions) || 'persistedQuery' in extensions)) {
    return undefined;
  }
  return { query, operationName, variables: variables ?? undefined };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
