import { restServer } from '../shared/rest.client.ts';

/** The least that an answer costs: what Node and its driver do, and nothing on top. */
export const floor = restServer('floor', {
  title: 'the floor (node:http, pipelined pg, one JSON-building statement)',
  script: new URL('server.ts', import.meta.url),
});
