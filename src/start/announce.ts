import type { App } from '../app.js';
import { print } from './terminal.js';

/** Prints all that somebody who has just started the server wants to know. */
export async function announce(
  { tenancy, identity, mail }: App,
  { url, sandbox }: { url: string; sandbox: boolean },
): Promise<void> {
  const startedInMs = performance.now();
  // Loaded when it is needed: commands come through this folder too, and need none of the demo data.
  const [{ demoAccess }, { welcome }] = await Promise.all([
    import('./demo-access.js'),
    import('./welcome.js'),
  ]);
  const access = await demoAccess(tenancy, identity);
  print(welcome({ url, sandbox, mailbox: mail.mailbox !== null, startedInMs, access }));
}
