import type { ServerUnderTest } from '../../server-under-test.ts';
import { callerHeaders } from '../shared/caller-headers.ts';
import { launchScript } from '../shared/peer-process.ts';
import { readAnswer } from './answers.ts';
import { DOCUMENTS } from './documents.ts';
import { variablesOf } from './variables.ts';

/** The strongest GraphQL server for PostgreSQL on Node: one planned statement for a whole document. */
export const postgraphile: ServerUnderTest = {
  name: 'postgraphile',
  title: 'PostGraphile 5 (amber preset)',
  launch(settings) {
    const launch = launchScript(new URL('server.ts', import.meta.url), settings);
    return { ...launch, env: { ...launch.env, GRAPHILE_ENV: 'production' } };
  },
  request: (call) => ({
    method: 'POST',
    path: '/graphql',
    headers: { ...callerHeaders(call.caller), 'content-type': 'application/json' },
    body: JSON.stringify({ query: DOCUMENTS[call.kind], variables: variablesOf(call) }),
  }),
  read: readAnswer,
};
