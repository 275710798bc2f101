import { restServer } from '../shared/rest.client.ts';
import { SHOP_CALLS } from '../shared/shop-calls.ts';

/** What many would write by hand: REST endpoints on Fastify over a typed query builder. */
export const drizzle = restServer('drizzle', {
  title: 'Fastify 5 + Drizzle (REST, as documented)',
  script: new URL('server.ts', import.meta.url),
  lacks: SHOP_CALLS,
});

/** The same endpoints and SQL, without building a query for each request. */
export const drizzlePrepared = restServer('drizzle-prepared', {
  title: 'Fastify 5 + Drizzle (REST, every query prepared per connection)',
  script: new URL('prepared/server.ts', import.meta.url),
  lacks: SHOP_CALLS,
});
