import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { enableSeal } from '../../product.ts';
import type { LaunchSettings, ServerUnderTest } from '../../server-under-test.ts';
import { accessTokenFor, TOKEN_SECRET } from './access-token.ts';
import { toOperation } from './operations.ts';
import { readAnswer } from './read-answer.ts';

const THIS_BUILD = fileURLToPath(new URL('../../../../dist/main.js', import.meta.url));

const SEAL_KEY = randomBytes(32).toString('base64');

/** The product as it is served in production. */
export const rowhouse: ServerUnderTest = {
  name: 'rowhouse',
  title: 'Rowhouse',
  launch: (settings) => launch(settings, THIS_BUILD),
  async request(call) {
    return {
      method: 'POST',
      path: '/graphql',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${await accessTokenFor(call.caller)}`,
      },
      body: JSON.stringify(toOperation(call)),
    };
  },
  read: readAnswer,
};

/** The same with a sealed context, in a database whose policies ask for the seal. */
export const rowhouseSealed: ServerUnderTest = {
  ...rowhouse,
  name: 'rowhouse-sealed',
  title: 'Rowhouse with sealed contexts',
  async changeCopy(client) {
    await enableSeal(client, SEAL_KEY);
  },
  launch: (settings) => launch(settings, THIS_BUILD, { TENANT_SEAL_KEY: SEAL_KEY }),
};

/**
 * Another build of the product, to compare a change with what was before it. Takes part in the same rounds.
 *
 * @param checkout folder in which `npm run build` has been run
 */
export function rowhouseOf(checkout: string): ServerUnderTest {
  return {
    ...rowhouse,
    name: 'before',
    title: `Rowhouse as built in ${checkout}`,
    launch: (settings) => launch(settings, resolve(checkout, 'dist', 'main.js')),
  };
}

function launch(
  { port, databaseUrl, poolSize }: LaunchSettings,
  script: string,
  env: Record<string, string> = {},
) {
  return {
    args: [script],
    env: {
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: String(port),
      LOG_LEVEL: 'error',
      DATABASE_URL: databaseUrl,
      DATABASE_POOL_SIZE: String(poolSize),
      JWT_SECRET: TOKEN_SECRET,
      ...env,
    },
    readyPath: '/health/ready',
  };
}
