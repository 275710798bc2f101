import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { asGraphQLError, type ErrorFormat } from './error-format.js';

/** Of a body that is too large anyway. */
const MOST_DISCARDED_BYTES = 33_554_432;

/** Every answer that is no GraphQL response still looks like one. */
function body(message: string, code = 'BAD_REQUEST') {
  return { errors: [{ message, extensions: { code } }] };
}

/** Sentences in place of the framework's, for what can go wrong before GraphQL. */
export function addErrorHandlers(
  fastify: FastifyInstance,
  errors: ErrorFormat,
  bodyLimitBytes: number,
): void {
  fastify.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0];
    if (path === '/graphql') {
      const message = 'GraphQL takes POST, and GET for queries.';
      return reply.code(405).header('allow', 'GET, POST').send(body(message));
    }
    const message = 'There is nothing here. The GraphQL API is at /graphql.';
    return reply.code(404).send(body(message, 'NOT_FOUND'));
  });

  fastify.setErrorHandler<FastifyError>(async (error, request, reply) => {
    const status = error.code === 'ERR_INVALID_URL' ? 400 : (error.statusCode ?? 500);
    if (status < 400 || status >= 500) {
      const formatted = errors.format(asGraphQLError(error), { requestId: request.id });
      return reply.code(500).send({ errors: [formatted] });
    }
    if (status === 413) await discardBody(request.raw);
    const { bodyLimit = bodyLimitBytes } = request.routeOptions;
    return reply.code(status).send(body(clientFault(status, bodyLimit)));
  });
}

/**
 * Reads on, within bounds. Most clients look for the answer only when they have sent everything; told
 * before, and cut off, they report a broken connection instead of what is wrong.
 */
function discardBody(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let discarded = 0;
    request.on('data', (chunk: Buffer) => {
      discarded += chunk.length;
      if (discarded > MOST_DISCARDED_BYTES) resolve();
    });
    for (const end of ['end', 'close', 'error']) request.once(end, () => resolve());
    request.resume();
  });
}

function clientFault(status: number, bodyLimitBytes: number): string {
  switch (status) {
    case 413:
      return `The body is larger than ${bodyLimitBytes} bytes.`;
    case 415:
      return 'Send the operation as JSON, with the header content-type: application/json.';
    default:
      return 'The request cannot be understood: its body is not valid JSON, or a header is malformed.';
  }
}

/** A URL that cannot be decoded. */
export function answerBadUrl(_error: unknown, _request: FastifyRequest, reply: FastifyReply): void {
  void reply.code(400).send(body('The URL cannot be decoded.'));
}

/** Ends a request that has a body which does not come in time, as Node ends all of them. */
export function limitArrival(request: IncomingMessage, ms: number): void {
  const { headers, socket } = request;
  // What the server asks itself comes by no network.
  if (!(socket instanceof Socket)) return;
  if (headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0) {
    return;
  }
  const late = Object.assign(new Error(), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  const timer = setTimeout(() => answerUnparsable(late, socket), ms).unref();
  request.once('close', () => clearTimeout(timer));
}

/** What Node's HTTP parser refuses has no request to answer: the answer goes to the socket. */
export function answerUnparsable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, message] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'URL and headers are too long. Send it as POST.']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'The request took too long to arrive.']
        : ['400 Bad Request', 'This is not HTTP as it should be.'];
  const json = JSON.stringify(body(message));
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
  );
}
