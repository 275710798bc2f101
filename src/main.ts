import { createHmac } from 'node:crypto';
import { createApp } from './app.js';
import { type Environment, readEnvironment } from './config/environment.js';
import { npmScript } from './config/npm-script.js';
import { createLogger, type Logger } from './shared/logger.js';
import {
  announce,
  explainFailure,
  keptTokenSecret,
  LOCAL_DIRECTORY,
  LogReport,
  listen,
  loadEnvFile,
  mentionUnusedSeal,
  openDatabase,
  printError,
  type Report,
  refuseWhenUnprotected,
  Shutdown,
  TerminalReport,
  waitForDatabase,
} from './start/index.js';

await serve();

/** Serves until the process is told to end: SIGINT and SIGTERM drain, and exit with 0. */
async function serve(): Promise<void> {
  const environment = settings();
  const logger = createLogger(environment.log);
  const report = environment.mode === 'production' ? new LogReport(logger) : new TerminalReport();
  const shutdown = new Shutdown();
  shutdown.onEnd(async () => report.finish());
  shutdown.listen({
    exitCode: () => 0,
    onSignal: () => report.progress('Stopping …'),
    endWithParent: npmScript() !== undefined,
  });
  try {
    await start(environment, logger, report, shutdown);
  } catch (error) {
    // What fails once a signal came fails because of it; the process is about to exit.
    if (shutdown.isRunning) return;
    report.failure(error);
    await shutdown.run();
    process.exit(1);
  }
}

function settings(): Environment {
  try {
    loadEnvFile();
    return readEnvironment();
  } catch (error) {
    printError(explainFailure(error));
    process.exit(1);
  }
}

async function start(
  environment: Environment,
  logger: Logger,
  report: Report,
  shutdown: Shutdown,
): Promise<void> {
  const {
    accessTokens,
    sessions,
    signUp,
    deletion,
    appUrl,
    signIn,
    passwords,
    guestCarts,
    externalIdentity,
    commerce,
    mail,
    payments,
    server,
  } = environment;
  const { url, prepare } = await openDatabase(environment, report, shutdown);
  const secret = accessTokens.secret ?? (await keptTokenSecret(LOCAL_DIRECTORY));
  // The local provider of development is this server itself: a secret that is made of another will do.
  const needsSecret = payments.provider === 'local' && payments.webhookSecrets.length === 0;
  const webhookSecrets = needsSecret
    ? [createHmac('sha256', secret).update('payment webhooks').digest('base64url')]
    : payments.webhookSecrets;
  const app = await createApp(
    {
      database: { ...environment.database.pool, url, sealKey: environment.database.sealKey },
      identity: {
        accessTokens: { ...accessTokens, secret },
        sessions,
        signUp,
        deletion,
        appUrl,
        signIn,
        passwords,
        guestCarts,
        externalIdentity,
      },
      commerce,
      // The others open what was sealed before there was a DATA_KEY, or this JWT_SECRET.
      sealing: { keys: [environment.dataKey ?? secret, secret, ...accessTokens.previousSecrets] },
      mail,
      payments: { ...payments, webhookSecrets },
      server,
    },
    logger,
  );
  shutdown.onEnd(() => app.close());

  await waitForDatabase(app.tenancy, url, report);
  await refuseWhenUnprotected(app.tenancy, environment.database);
  if (environment.database.sealKey) await mentionUnusedSeal(app.tenancy, report);
  await prepare(app.tenancy);
  const address = await listen(app);
  app.mail.start();
  app.paying.start();
  app.expiring.start();
  report.finish();
  if (environment.mode === 'development') {
    await announce(app, { url: address, sandbox: server.sandbox });
  } else {
    logger.info({ address }, 'listening');
  }
}
