import { type App, type AppSettings, createApp } from '../../src/app.js';
import { readEnvironment } from '../../src/config/environment.js';
import type { PoolSettings } from '../../src/tenancy/index.js';
import {
  type Answer,
  type Api,
  commerceSettings,
  identitySettings,
  PAYMENTS,
  type Person,
  startApi,
  TEST_SECRET,
} from './api.js';
import { poolSettings, silent } from './organizations.js';
import { TcpProxy } from './tcp-proxy.js';

/** An API whose database can go away, beside one on the same database that sees what is true. */
export interface ProxiedApi {
  app: App;
  /** `http://127.0.0.1:…`, without a path. */
  url: string;
  proxy: TcpProxy;
  /** Not affected by anything that is done to the proxy. */
  witness: Api;
  /** Sends an operation to the API behind the proxy. */
  send(person: Person, query: string, variables?: object): Promise<TimedAnswer>;
  close(): Promise<void>;
}

export interface TimedAnswer extends Answer {
  /** How long it took. */
  ms: number;
}

export async function startProxiedApi(
  pool: Partial<PoolSettings> = {},
  payments: Partial<AppSettings['payments']> = {},
): Promise<ProxiedApi> {
  const witness = await startApi();
  const proxy = await TcpProxy.inFrontOf(witness.database.appUrl);
  const url = proxy.through(witness.database.appUrl);
  const { server, mail, commerce } = readEnvironment({ NODE_ENV: 'test' });
  const database = poolSettings(witness.database, { ...pool, url });
  const admission = { ...server.admission, waitLimitMs: database.waitLimitMs };
  const settings = {
    database,
    identity: identitySettings(),
    commerce: commerceSettings(commerce),
    sealing: { keys: [TEST_SECRET] },
    payments: { ...PAYMENTS, ...payments },
    mail,
    server: { ...server, port: 0, admission },
  };
  const app = await createApp(settings, silent);
  const base = await app.server.listen();
  return {
    app,
    url: base,
    proxy,
    witness,
    send: (person, query, variables) => timed(() => post(base, person, { query, variables })),
    async close() {
      await app.close();
      await proxy.close();
      await witness.close();
    },
  };
}

async function post(base: string, { token }: Person, body: object): Promise<Answer> {
  const response = await fetch(`${base}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const { data, errors, extensions } = JSON.parse(text);
  return { status: response.status, headers: response.headers, data, errors, extensions, text };
}

async function timed(work: () => Promise<Answer>): Promise<TimedAnswer> {
  const startedAt = performance.now();
  const answer = await work();
  return { ...answer, ms: performance.now() - startedAt };
}
