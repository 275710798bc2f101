import { createInterface } from 'node:readline/promises';
import { readDatabaseEnvironment } from '../config/database-environment.js';
import { Refusal } from '../start/index.js';

/**
 * Asks for a yes on the terminal.
 *
 * @param options.yes given beforehand, with `--yes`
 * @throws Refusal for any other answer, and where there is nobody to ask
 */
export async function confirm(question: string, options: { yes?: boolean }): Promise<void> {
  if (options.yes) return;
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new Refusal(
      `${question}\nThere is no terminal to answer on, so nothing was changed. Add --yes to say it beforehand.`,
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    // Ctrl-C and Ctrl-D close it without an answer.
    const closed = new Promise<string>((resolve) => {
      terminal.once('close', () => resolve(''));
    });
    const answer = await Promise.race([terminal.question(`${question} [y/N] `), closed]);
    if (!/^y(es)?$/i.test(answer.trim())) throw new Refusal('Nothing was changed.');
  } finally {
    terminal.close();
  }
}

/** @throws Refusal in production, unless `--force` was given */
export function refuseInProduction(what: string, options: { force?: boolean }): void {
  if (readDatabaseEnvironment().mode !== 'production' || options.force) return;
  throw new Refusal(`NODE_ENV is production, and ${what}. Add --force if that is really meant.`);
}
