import type { App } from '../app.js';
import { print } from './terminal.js';

/** Prints all that somebody who has just started the server wants to know. */
export async function announce(
  { tenancy, identity }: App,
  { url, sandbox }: { url: string; sandbox: boolean },
): Promise<void> {
  const startedInMs = performance.now();
  // Loaded when it is needed: commands come through this folder too, and need none of the demo data.
  const [{ demoAccess }, { welcome }] = await Promise.all([
    import('./demo-access.js'),
    import('./welcome.js'),
  ]);
  print(welcome({ url, sandbox, startedInMs, access: await demoAccess(tenancy, identity) }));
}
