import { MigrationError } from './migration.error.js';
import { type MigrationFile, readMigrationFiles } from './migration-files.js';
import { type HistoryEntry, readHistory } from './migration-history.js';
import { withMigrationLock } from './migration-lock.js';

/**
 * Which migrations to try anew, as after `prisma migrate resolve --rolled-back`: those that were only
 * interrupted, or those that PostgreSQL has refused as well.
 */
export type Retry = 'interrupted' | 'failed';

/**
 * Marks failed migrations as taken back, so that the next deployment tries them anew. Waits for one that
 * only seems to have failed because it is running.
 *
 * @throws {MigrationError} for one that `retry` does not cover
 */
export async function settleFailed(
  url: string,
  retry: Retry | undefined,
  onProgress: (message: string) => void,
): Promise<void> {
  const files = await readMigrationFiles();
  await withMigrationLock(url, async (client) => {
    const failed = (await readHistory(client)).filter(({ finishedAt }) => finishedAt === null);
    for (const entry of failed) {
      if (retry !== 'failed' && !(retry === 'interrupted' && wasInterrupted(entry))) {
        throw failedMigrationError(entry, files);
      }
      await client.query(
        'UPDATE public._prisma_migrations SET rolled_back_at = now() WHERE id = $1',
        [entry.id],
      );
      const what = wasInterrupted(entry) ? 'was interrupted' : 'had failed';
      onProgress(`${entry.name} ${what} and is tried anew.`);
    }
  });
}

/** Which migration, what PostgreSQL said, what is left of it, and the way forward. */
export function failedMigrationError(
  entry: HistoryEntry,
  files: readonly MigrationFile[],
): MigrationError {
  const { name } = entry;
  const path = `prisma/migrations/${name}`;
  if (wasInterrupted(entry)) {
    return new MigrationError(
      `Migration ${name} was interrupted. Look whether what it does is there. If it is not:\n\n` +
        '  npm run db -- deploy --retry\n\nIf it is:\n\n' +
        `  npx prisma migrate resolve --applied ${name}`,
    );
  }
  const script = files.find((file) => file.name === name)?.script;
  // All statements of a file reach PostgreSQL in one message, which makes them one transaction, unless
  // the file ends it by itself.
  const rest = endsTransaction(script ?? '')
    ? `${path}/migration.sql ends its transaction by itself, so a part of it may be there: look, and remove that.`
    : 'Nothing of it was applied: PostgreSQL has rolled it back. The migrations before it stand.';
  const mend =
    script === undefined
      ? `${path} is gone. To go on without it:`
      : `Mend ${path}/migration.sql, or delete its folder. Then:`;
  return new MigrationError(
    `Migration ${name} failed.\n\n${indent(whatPostgresSaid(entry) ?? '')}\n\n${rest}\n\n${mend}\n\n` +
      '  npm run db -- deploy --retry\n\n' +
      `which is short for "npx prisma migrate resolve --rolled-back ${name}" and "npm run db -- deploy".`,
  );
}

/** Two spaces before every line that holds something. */
export function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}

/** PostgreSQL was cut off, or told to stop: there is nothing wrong with the migration. */
function wasInterrupted(entry: HistoryEntry): boolean {
  const said = whatPostgresSaid(entry);
  return said === undefined || /due to (user request|administrator command)/.test(said);
}

/** The message in what the schema engine has noted, without its wrapping and its trace of calls. */
function whatPostgresSaid({ logs }: HistoryEntry): string | undefined {
  const said = /\b(ERROR|FATAL|PANIC): [\s\S]*/.exec(logs ?? '')?.[0];
  return said?.split(/^(?:DbError \{|\s+0: )/m)[0]?.trim();
}

function endsTransaction(script: string): boolean {
  const withoutFunctionBodies = script.replace(/(\$\w*\$).*?\1/gs, '');
  return /(^|;)\s*(COMMIT|END)(\s+(WORK|TRANSACTION))?\s*;/im.test(withoutFunctionBodies);
}
