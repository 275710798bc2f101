import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';

/**
 * Reads JSON bodies, which are UTF-8 (RFC 8259, section 8.1). Bytes that are not would otherwise be
 * replaced by U+FFFD, and what is stored then is not what was sent.
 */
export function addJsonBodies(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    (request, body, done) => {
      if (isUtf8(body)) parse(request, body.toString(), done);
      else done(Object.assign(new Error('The body is not UTF-8.'), { statusCode: 400 }));
    },
  );
}
