import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { DeliveredMessage, Mailbox } from './mailbox.js';
import { frameOf, listPage, messagePage, missingPage, STYLE_HASH } from './mailbox.pages.js';

/** Nothing runs and nothing is fetched, whatever stands in a message. */
const PAGE_POLICY = `default-src 'none'; style-src '${STYLE_HASH}'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The HTML of a message may look as it likes; its links open in a new tab. */
const FRAME_POLICY =
  "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'self'";

interface MessageRoute {
  Params: { id: string };
}

/**
 * Shows what would have been sent, in development alone: `/dev/mailbox` for people, and the same as JSON for
 * who accepts that.
 */
export function addMailboxRoutes(fastify: FastifyInstance, mailbox: Mailbox): void {
  fastify.get('/dev/mailbox', (request, reply) => {
    const { messages } = mailbox;
    if (wantsJson(request)) return reply.send({ messages });
    return sendPage(reply, listPage(messages));
  });

  fastify.get<MessageRoute>('/dev/mailbox/:id', (request, reply) => {
    const message = mailbox.find(request.params.id);
    if (!message) return sendMissing(request, reply);
    return wantsJson(request) ? reply.send(message) : sendPage(reply, messagePage(message));
  });

  fastify.get<MessageRoute>('/dev/mailbox/:id/html', (request, reply) => {
    const message = mailbox.find(request.params.id);
    if (!hasHtml(message)) return sendMissing(request, reply);
    return sendPage(reply, frameOf(message.html), FRAME_POLICY);
  });
}

function hasHtml(message?: DeliveredMessage): message is DeliveredMessage & { html: string } {
  return message !== undefined && message.html !== null;
}

/** Browsers say text/html; who says nothing gets the page. */
function wantsJson({ headers }: FastifyRequest): boolean {
  const accepted = headers.accept ?? '';
  return accepted.includes('application/json') && !accepted.includes('text/html');
}

function sendMissing(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  void reply.code(404);
  if (!wantsJson(request)) return sendPage(reply, missingPage());
  const message = 'There is no such message, or no more: the last 100 are kept, until a restart.';
  return reply.send({ errors: [{ message, extensions: { code: 'NOT_FOUND' } }] });
}

function sendPage(reply: FastifyReply, page: string, policy = PAGE_POLICY): FastifyReply {
  return reply
    .header('content-security-policy', policy)
    .header('referrer-policy', 'no-referrer')
    .type('text/html; charset=utf-8')
    .send(page);
}
