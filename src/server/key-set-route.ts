import type { FastifyInstance } from 'fastify';

/**
 * For how long others may keep the keys. A new one may have to wait that long before all of them know it;
 * most look again at once for a `kid` that they don't know.
 */
const MAX_AGE_SECONDS = 300;

/**
 * `GET /.well-known/jwks.json`: the public keys of our access tokens, for whoever else is to verify them.
 *
 * @param keySet a JWK Set (RFC 7517, section 5)
 */
export function addKeySetRoute(fastify: FastifyInstance, keySet: object): void {
  const body = JSON.stringify(keySet);
  fastify.get('/.well-known/jwks.json', (_request, reply) =>
    reply
      .header('cache-control', `public, max-age=${MAX_AGE_SECONDS}`)
      .type('application/jwk-set+json')
      .send(body),
  );
}
