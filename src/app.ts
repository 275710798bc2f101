import { type GraphQLSchema, printSchema } from 'graphql';
import {
  type CommerceSettings,
  createCommerce,
  type Expiring,
  type Paying,
  type PaymentSettings,
} from './commerce/index.js';
import type { MailSettings } from './config/mail-environment.js';
import {
  combinedBelongings,
  createIdentity,
  type Identity,
  type IdentityOptions,
  type IdentitySettings,
  type Permission,
  printPermissionTable,
  type RequestContext,
} from './identity/index.js';
import {
  addMailboxRoutes,
  createMail,
  type DispatchPace,
  type Mailing,
  Outbox,
} from './mail/index.js';
import { createSchema } from './schema.js';
import { createServer, type Server, type ServerSettings } from './server/index.js';
import { type Clock, systemClock } from './shared/clock.js';
import type { Feature } from './shared/graphql/index.js';
import { encodeId } from './shared/ids.js';
import { createLogger, type Logger } from './shared/logger.js';
import { SecretBox } from './shared/secret-box.js';
import { type PoolSettings, Tenancy } from './tenancy/index.js';
import { createWork } from './work/index.js';

export interface AppSettings {
  database: PoolSettings;
  identity: IdentitySettings;
  commerce: CommerceSettings;
  /** What the server seals and has to read again is sealed with the first key, and opened with any. */
  sealing: { readonly keys: readonly string[] };
  mail: MailSettings & { readonly pace?: Partial<DispatchPace> };
  payments: PaymentSettings;
  server: ServerSettings;
}

export interface App {
  tenancy: Tenancy;
  identity: Identity;
  server: Server;
  secretBox: SecretBox;
  /** Sends nothing before it is started. */
  mail: Mailing;
  /** Asks no payment provider before it is started. */
  paying: Paying;
  /** Ends nothing before it is started. */
  expiring: Expiring;
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
  const secretBox = new SecretBox(settings.sealing.keys);
  const { pace, ...mailSettings } = settings.mail;
  const mail = createMail({
    tenancy,
    box: secretBox,
    settings: mailSettings,
    logger,
    ...(pace && { pace }),
  });
  const { outbox, mailbox } = mail;
  const features = createFeatures({
    tenancy,
    settings: settings.identity,
    commerce: settings.commerce,
    payments: settings.payments,
    clock,
    secretBox,
    outbox,
    logger,
  });
  const {
    identity,
    commerce: { paying, expiring },
  } = features;
  const server = await createServer({
    schema: await createSchema(Object.values(features)),
    tenancy,
    authenticate: (credentials) => identity.authenticator.authenticate(credentials),
    authenticateCookies: (cookies) => identity.authenticator.authenticateCookies(cookies),
    authenticateVisitor: (credentials) => identity.authenticator.authenticateVisitor(credentials),
    publicKeys: identity.publicKeys,
    logger,
    settings: settings.server,
    routes: routesOf(features),
    signedRoutes: signedRoutesOf(features),
    ...(mailbox && { addRoutes: (fastify) => addMailboxRoutes(fastify, mailbox) }),
  });
  paying.connect(async ({ orgId, headers, body }) => {
    const url = `/payments/webhooks/local/${encodeId('org', orgId)}`;
    const { statusCode } = await server.fastify.inject({ method: 'POST', url, headers, body });
    if (statusCode !== 200) throw new Error(`The webhook was answered ${statusCode}.`);
  });
  return {
    tenancy,
    identity,
    server,
    secretBox,
    mail,
    paying,
    expiring,
    async close() {
      const { shutdownDeadlineMs } = settings.server;
      await Promise.all([
        server.close(),
        mail.stop(shutdownDeadlineMs),
        paying.stop(shutdownDeadlineMs),
        expiring.stop(),
      ]);
      await tenancy.close();
    },
  };
}

interface FeatureOptions extends Omit<IdentityOptions, 'belongings' | 'welcome' | 'dayRecords'> {
  readonly commerce: CommerceSettings;
  readonly payments: PaymentSettings;
  readonly logger: Logger;
}

function createFeatures({ commerce: settings, payments, logger, ...options }: FeatureOptions) {
  const work = createWork(options.clock);
  const commerce = createCommerce({ ...options, settings, payments, logger });
  const belongings = combinedBelongings([work.belongings, commerce.belongings]);
  const { welcome, dayRecords } = commerce;
  const identity = createIdentity({ ...options, belongings, welcome, dayRecords });
  return { identity, work, commerce };
}

/** The API as GraphQL SDL, with a final line break. Needs no database. */
export async function printApiSchema(): Promise<string> {
  return `${printSchema(await createSchemaAlone())}\n`;
}

/** Who may use what, in Markdown. Needs no database. */
export async function printPermissions(): Promise<string> {
  const features = createFeaturesAlone();
  const schema = await createSchema(Object.values(features));
  return printPermissionTable(schema, routesOf(features), signedRoutesOf(features));
}

/** The schema, to be looked at: it serves nothing. */
export async function createSchemaAlone(): Promise<GraphQLSchema> {
  return createSchema(Object.values(createFeaturesAlone()));
}

/** What the features serve beside GraphQL. */
function routesOf(features: Record<string, Feature<RequestContext, Permission>>) {
  return Object.values(features).flatMap(({ routes = [] }) => routes);
}

/** What they serve to machines whose messages are signed. */
function signedRoutesOf(features: Record<string, Feature<RequestContext, Permission>>) {
  return Object.values(features).flatMap(({ signedRoutes = [] }) => signedRoutes);
}

function createFeaturesAlone() {
  const database = { url: '', size: 1, waitLimitMs: 0, statementTimeoutMs: 0 };
  const logger = createLogger({ level: 'silent' });
  const tenancy = new Tenancy({ ...database, idleInTransactionTimeoutMs: 0 }, logger);
  const accessTokens = { secret: '', issuer: '', audience: '', lifetimeSeconds: 0 };
  const secretBox = new SecretBox(['']);
  const limit = { times: 1, seconds: 1 };
  return createFeatures({
    tenancy,
    settings: {
      accessTokens,
      sessions: { lifetimeSeconds: 0, graceSeconds: 0 },
      signUp: { isOpen: false },
      deletion: { graceDays: 0 },
      appUrl: '',
      signIn: { perAddress: limit, perAccount: limit, perPair: limit },
      passwords: { atOnce: 1 },
      guestCarts: limit,
      externalIdentity: { allowPrivateAddresses: false, allowInsecureLoopback: false },
    },
    commerce: {
      carts: { lifetimeDays: 0, perAddress: limit },
      checkout: { minutes: 0, limitMinutes: 0 },
      orders: { unpaidHours: null },
    },
    clock: systemClock,
    secretBox,
    outbox: new Outbox(secretBox),
    payments: { provider: null, webhookSecrets: [] },
    logger,
  });
}
