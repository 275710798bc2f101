import { restServer } from '../shared/rest.client.ts';

/** What many would write by hand: REST endpoints on Fastify over a typed query builder. */
export const drizzle = restServer('drizzle', {
  title: 'Fastify 5 + Drizzle (REST, written by hand)',
  script: new URL('server.ts', import.meta.url),
});
