import { endOnSigterm, HOST } from './peer-process.ts';
import { createRestApp } from './rest.app.ts';
import type { RestBackend } from './rest.backend.ts';
import { readSettings, type Settings } from './settings.ts';

/** The whole process of a REST peer. */
export async function runRestServer(
  createBackend: (settings: Settings) => RestBackend | Promise<RestBackend>,
): Promise<void> {
  const settings = readSettings(process.env);
  const app = createRestApp(await createBackend(settings));
  await app.listen({ host: HOST, port: settings.port });
  endOnSigterm(() => {
    app.server.closeAllConnections();
    return app.close();
  });
}
