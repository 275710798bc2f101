import { restServer } from '../shared/rest.client.ts';
import { SHOP_CALLS } from '../shared/shop-calls.ts';

/** The most used ORM of Node, with the transaction that row-level security needs around it. */
export const prisma = restServer('prisma', {
  title: 'Fastify 5 + Prisma 7 (REST, interactive transactions)',
  script: new URL('server.ts', import.meta.url),
  lacks: SHOP_CALLS,
});
