import type { Command } from 'commander';
import { type MigrationState, migrationStatus } from '../../migrations/index.js';
import { count, databaseName, print, table } from '../../start/index.js';
import { withTargetDatabase } from '../target-database.js';

const REMARKS: Partial<Record<MigrationState, string>> = {
  failed: 'nothing of it is there; mend it, then: npm run db -- deploy --retry',
  changed: 'migration.sql is not what was applied',
  'missing-on-disk': 'applied, but prisma/migrations does not have it',
};

export function addStatus(db: Command): void {
  db.command('status')
    .description('show which migrations are applied')
    .action(() =>
      withTargetDatabase(async ({ ownerUrl }) => {
        const migrations = await migrationStatus(ownerUrl);
        print(`Migrations of ${databaseName(ownerUrl)}:\n`);
        const rows = migrations.map(({ name, state, appliedAt }) => [
          `  ${state}`,
          name,
          REMARKS[state] ?? (appliedAt ? `${appliedAt.toISOString().slice(0, 16)}Z` : ''),
        ]);
        print(table(rows));
        const pending = migrations.filter(({ state }) => state === 'pending').length;
        print(`\n${count(migrations.length, 'migration')}, ${pending} pending.`);
      }),
    );
}
