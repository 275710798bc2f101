import type { ServerUnderTest } from '../../server-under-test.ts';
import { callerHeaders } from '../shared/caller-headers.ts';
import { launchScript } from '../shared/peer-process.ts';
import { SHOP_CALLS } from '../shared/shop-calls.ts';
import { readAnswer } from './answers.ts';
import { documentOf } from './documents.ts';
import { variablesOf } from './variables.ts';

/** The strongest GraphQL server for PostgreSQL on Node: one planned statement for a whole document. */
export const postgraphile: ServerUnderTest = {
  name: 'postgraphile',
  title: 'PostGraphile 5 (amber preset)',
  lacks: SHOP_CALLS,
  launch(settings) {
    const launch = launchScript(new URL('server.ts', import.meta.url), settings);
    return { ...launch, env: { ...launch.env, GRAPHILE_ENV: 'production' } };
  },
  request: (call) => ({
    method: 'POST',
    path: '/graphql',
    headers: { ...callerHeaders(call.caller), 'content-type': 'application/json' },
    body: JSON.stringify({ query: documentOf(call), variables: variablesOf(call) }),
  }),
  read: readAnswer,
};
