import { printSchema } from 'graphql';
import { createIdentity, type Identity, type IdentitySettings } from './identity/index.js';
import { createSchema } from './schema.js';
import { createServer, type Server, type ServerSettings } from './server/index.js';
import { type Clock, systemClock } from './shared/clock.js';
import { createLogger, type Logger } from './shared/logger.js';
import { type PoolSettings, Tenancy } from './tenancy/index.js';
import { createWork } from './work/index.js';

export interface AppSettings {
  database: PoolSettings;
  identity: IdentitySettings;
  server: ServerSettings;
}

export interface App {
  tenancy: Tenancy;
  identity: Identity;
  server: Server;
  /** Finishes what is under way, then lets go of everything. */
  close(): Promise<void>;
}

/** Constructs everything, and lists every feature. Nothing listens yet. */
export async function createApp(
  settings: AppSettings,
  logger: Logger,
  clock: Clock = systemClock,
): Promise<App> {
  const tenancy = new Tenancy(settings.database, logger);
  const { identity, work } = createFeatures(tenancy, settings.identity, clock);
  const server = await createServer({
    schema: await createSchema([identity, work]),
    tenancy,
    authenticate: (authorization) => identity.authenticator.authenticate(authorization),
    logger,
    settings: settings.server,
  });
  return {
    tenancy,
    identity,
    server,
    async close() {
      await server.close();
      await tenancy.close();
    },
  };
}

function createFeatures(tenancy: Tenancy, settings: IdentitySettings, clock: Clock) {
  const work = createWork(clock);
  const { belongings } = work;
  return { identity: createIdentity({ tenancy, settings, clock, belongings }), work };
}

/** The API as GraphQL SDL, with a final line break. Needs no database. */
export async function printApiSchema(): Promise<string> {
  const database = { url: '', size: 1, waitLimitMs: 0, statementTimeoutMs: 0 };
  const tenancy = new Tenancy(
    { ...database, idleInTransactionTimeoutMs: 0 },
    createLogger({ level: 'silent' }),
  );
  const accessTokens = { secret: '', issuer: '', audience: '', lifetimeSeconds: 0 };
  const settings = { accessTokens, sessions: { lifetimeSeconds: 0, graceSeconds: 0 } };
  const features = createFeatures(tenancy, settings, systemClock);
  return `${printSchema(await createSchema(Object.values(features)))}\n`;
}
