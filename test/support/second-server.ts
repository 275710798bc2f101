import { type App, type AppSettings, createApp } from '../../src/app.js';
import { readEnvironment } from '../../src/config/environment.js';
import type { IdentitySettings } from '../../src/identity/index.js';
import { type Clock, systemClock } from '../../src/shared/clock.js';
import {
  type Api,
  commerceSettings,
  identitySettings,
  PAYMENTS,
  sendTo,
  TEST_SECRET,
} from './api.js';
import { poolSettings, silent } from './organizations.js';

/** Another process, as far as the first one can tell: it shares nothing with it but the database. */
export interface SecondServer {
  send: Api['send'];
  /** Ends nothing before it is started. */
  expiring: App['expiring'];
  close(): Promise<void>;
}

/** @param options as the first server has them */
export async function startSecondServer(
  { database }: Api,
  options: {
    identity?: Partial<IdentitySettings>;
    commerce?: Partial<AppSettings['commerce']>;
    clock?: Clock;
  } = {},
): Promise<SecondServer> {
  const { server, mail, commerce } = readEnvironment({ NODE_ENV: 'test' });
  const settings = {
    database: poolSettings(database),
    identity: identitySettings(options.identity),
    commerce: commerceSettings(commerce, options.commerce),
    sealing: { keys: [TEST_SECRET] },
    payments: PAYMENTS,
    mail,
    server: { ...server, port: 0 },
  };
  const app = await createApp(settings, silent, options.clock ?? systemClock);
  const send = sendTo(await app.server.listen());
  return { send, expiring: app.expiring, close: () => app.close() };
}
