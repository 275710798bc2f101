import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isOwnHost } from './mailbox.hosts.js';
import type { DeliveredMessage, Mailbox } from './mailbox.js';
import { frameOf, listPage, messagePage, missingPage, STYLE_HASH } from './mailbox.pages.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** False for a route that answers no other page. */
    cors?: boolean;
  }
}

/** Nothing runs and nothing is fetched, whatever stands in a message. */
const PAGE_POLICY = `default-src 'none'; style-src '${STYLE_HASH}'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The HTML of a message may look as it likes; its links open in a new tab. */
const FRAME_POLICY =
  "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'self'";

interface MessageRoute {
  Params: { id: string };
}

/** What `CORS_ORIGINS` allows is the API: no page but these reads links that open accounts. */
const OWN_PAGES_ONLY = { config: { cors: false } } as const;

/**
 * Shows what would have been sent, in development alone: `/dev/mailbox` for people, and the same as JSON for
 * who accepts that. Other pages can neither read nor embed it, whatever origin of this machine they are of.
 */
export function addMailboxRoutes(fastify: FastifyInstance, mailbox: Mailbox): void {
  void fastify.register(async (pages) => {
    pages.addHook('onRequest', async (request, reply) => {
      reply.header('content-security-policy', PAGE_POLICY);
      reply.header('cross-origin-resource-policy', 'same-origin');
      reply.header('referrer-policy', 'no-referrer');
      if (!isOwnHost(request.headers.host)) return sendMisdirected(request, reply);
    });
    addPages(pages, mailbox);
  });
}

function addPages(fastify: FastifyInstance, mailbox: Mailbox): void {
  fastify.get('/dev/mailbox', OWN_PAGES_ONLY, (request, reply) => {
    const { messages } = mailbox;
    if (wantsJson(request)) return reply.send({ messages });
    return sendPage(reply, listPage(messages));
  });

  fastify.get<MessageRoute>('/dev/mailbox/:id', OWN_PAGES_ONLY, (request, reply) => {
    const message = mailbox.find(request.params.id);
    if (!message) return sendMissing(request, reply);
    return wantsJson(request) ? reply.send(message) : sendPage(reply, messagePage(message));
  });

  fastify.get<MessageRoute>('/dev/mailbox/:id/html', OWN_PAGES_ONLY, (request, reply) => {
    const message = mailbox.find(request.params.id);
    if (!hasHtml(message)) return sendMissing(request, reply);
    return sendPage(reply.header('content-security-policy', FRAME_POLICY), frameOf(message.html));
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

/** By a name that is not this machine's own. */
function sendMisdirected({ socket }: FastifyRequest, reply: FastifyReply): FastifyReply {
  const message = `The mailbox is shown to who asks for this machine by localhost or its address, such as http://localhost:${socket.localPort}/dev/mailbox.`;
  return reply.code(421).send({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] });
}

function sendMissing(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  void reply.code(404);
  if (!wantsJson(request)) return sendPage(reply, missingPage());
  const message = 'There is no such message, or no more: the last 100 are kept, until a restart.';
  return reply.send({ errors: [{ message, extensions: { code: 'NOT_FOUND' } }] });
}

function sendPage(reply: FastifyReply, page: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(page);
}
