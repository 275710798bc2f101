import { type Command, InvalidArgumentError } from 'commander';
import { planRollback, rollbackMigrations } from '../../migrations/index.js';
import { count, databaseName, print } from '../../start/index.js';
import { confirm } from '../confirm.js';
import { withTargetDatabase } from '../target-database.js';

export function addRollback(db: Command): void {
  db.command('rollback')
    .description('take back the last migrations with their down.sql, newest first')
    .argument('[n]', 'how many', parseCount, 1)
    .option('-y, --yes', 'do not ask')
    .action((n: number, options: { yes?: boolean }) =>
      withTargetDatabase(({ ownerUrl }) => rollback(ownerUrl, n, options)),
    );
}

async function rollback(url: string, n: number, options: { yes?: boolean }): Promise<void> {
  const names = await planRollback(url, n);
  if (names.length === 0) {
    print(`Nothing to do: no migration is applied to ${databaseName(url)}.`);
    return;
  }
  // Most of them drop a table or a column, and no way back brings its values back.
  await confirm(
    `This takes back, with the data that they hold, from ${databaseName(url)}:\n\n` +
      `${names.map((name) => `  ${name}`).join('\n')}\n\nGo on?`,
    options,
  );
  await rollbackMigrations({
    url,
    count: names.length,
    onProgress: (name) => print(`  took back ${name}`),
  });
  print(`${count(names.length, 'migration')} taken back from ${databaseName(url)}.`);
}

function parseCount(text: string): number {
  const number = Number(text);
  if (/^\d{1,6}$/.test(text) && number > 0) return number;
  throw new InvalidArgumentError('It takes a whole number from 1.');
}
