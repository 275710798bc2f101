import type { Command } from 'commander';
import { deployMigrations } from '../../migrations/index.js';
import { count, databaseName, print } from '../../start/index.js';
import { extendSeal, withAdminConnection } from '../../tenancy/index.js';
import { withTargetDatabase } from '../target-database.js';

export function addDeploy(db: Command): void {
  db.command('deploy')
    .description('apply what is pending, with prisma migrate deploy')
    .option('--retry', 'try a migration that failed before, and has been mended, anew')
    .action((options: { retry?: boolean }) =>
      withTargetDatabase(({ ownerUrl }) => deploy(ownerUrl, options.retry ? 'failed' : undefined)),
    );
}

/** Deploys, seals the new tables of a sealed database, and says what was done. */
export async function deploy(url: string, retry?: 'failed'): Promise<void> {
  const applied = await deployMigrations({ url, ...(retry && { retry }), onProgress: print });
  for (const name of applied) print(`  applied ${name}`);
  if (applied.length === 0) print(`Nothing to do: ${databaseName(url)} is up to date.`);
  else print(`${count(applied.length, 'migration')} applied to ${databaseName(url)}.`);
  const sealed = await withAdminConnection(url, extendSeal);
  if (sealed.length > 0) print(`Sealed, as the others are: ${sealed.join(', ')}.`);
}
