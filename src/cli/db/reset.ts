import type { Command } from 'commander';
import { emptyDatabase } from '../../migrations/index.js';
import { databaseName, print } from '../../start/index.js';
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
  await emptyDatabase(url);
  print(`Dropped everything in ${databaseName(url)}.`);
  await deploy(url);
}
