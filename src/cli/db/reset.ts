import type { Command } from 'commander';
import { readDatabaseEnvironment } from '../../config/database-environment.js';
import { emptyDatabase } from '../../migrations/index.js';
import { databaseName, print } from '../../start/index.js';
import { enableSeal, readSealState, withAdminConnection } from '../../tenancy/index.js';
import { confirm, refuseInProduction } from '../confirm.js';
import { withTargetDatabase } from '../target-database.js';
import { deploy } from './deploy.js';

export interface DropOptions {
  yes?: boolean;
  force?: boolean;
}

export function addReset(db: Command): void {
  addDropOptions(
    db.command('reset').description('drop everything and migrate: a database without data'),
  ).action((options: DropOptions) => {
    refuseInProduction('this drops all data', options);
    return withTargetDatabase(({ ownerUrl }) => reset(ownerUrl, options));
  });
}

export function addDropOptions(command: Command): Command {
  return command
    .option('-y, --yes', 'do not ask')
    .option('--force', 'also when NODE_ENV is production');
}

/** Asks, drops everything and migrates. */
export async function reset(url: string, options: DropOptions): Promise<void> {
  await confirm(`Drop everything in ${databaseName(url)}?`, options);
  const wasSealed = await isSealed(url);
  await emptyDatabase(url);
  print(`Dropped everything in ${databaseName(url)}.`);
  await deploy(url);
  if (wasSealed) await sealAgain(url);
}

async function isSealed(url: string): Promise<boolean> {
  // There may be no tables yet, or those of an older version.
  const state = await withAdminConnection(url, readSealState).catch(() => undefined);
  return state !== undefined && state.sealed.length > 0;
}

/** The keys are gone with everything else, so that only the one at hand can come back. */
async function sealAgain(url: string): Promise<void> {
  const { sealKey } = readDatabaseEnvironment();
  if (sealKey === undefined) {
    print('It was sealed and is not any more. With TENANT_SEAL_KEY set: npm run db -- seal enable');
    return;
  }
  await withAdminConnection(url, (client) => enableSeal(client, sealKey));
  print('Sealed again, with your TENANT_SEAL_KEY.');
}
