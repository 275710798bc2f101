import { readDatabaseEnvironment } from '../../config/database-environment.js';
import { DEMO_PASSWORD, type LoadScale, seedDemo, seedLoad } from '../../seed/index.js';
import { createLogger } from '../../shared/logger.js';
import {
  count,
  databaseName,
  explainDatabaseFault,
  ProgressLine,
  print,
} from '../../start/index.js';
import { Tenancy, withAdminConnection } from '../../tenancy/index.js';
import { requireAppUrl, type TargetDatabase } from '../target-database.js';

export { parseLoadScale } from '../../seed/index.js';

/**
 * @returns the URL of the role that data is written as
 * @throws Refusal when it is not known
 */
export function requireSeedable(target: TargetDatabase): string {
  return requireAppUrl(
    target,
    'Seeding writes as the role that serves requests, through row-level security',
  );
}

/** Seeds the demo organizations, and says which. */
export async function seedDemoData(target: TargetDatabase): Promise<void> {
  const appUrl = requireSeedable(target);
  const made = await withTenancy(appUrl, (tenancy) => seedDemo(tenancy));
  if (made.length === 0) print(`Nothing to do: ${databaseName(appUrl)} has the demo data.`);
  else print(`Made ${made.join(' and ')}. Every demo account has the password ${DEMO_PASSWORD}`);
}

/** Makes load data, and shows how far it is. */
export async function seedLoadData(target: TargetDatabase, scale: LoadScale): Promise<void> {
  const appUrl = requireSeedable(target);
  const startedAt = performance.now();
  const seconds = () => ((performance.now() - startedAt) / 1000).toFixed(1);
  const line = new ProgressLine();
  const { made, found } = await withTenancy(appUrl, (tenancy) =>
    seedLoad(tenancy, {
      scale,
      onProgress: (done, total) =>
        line.update(
          `${count(done, 'organization')} of ${total}, ${count(done * scale.tasks, 'task')}, ${seconds()} s`,
        ),
    }),
  ).finally(() => line.clear());
  if (found > 0)
    print(`${count(found, 'organization')} of this name were there and stay as they are.`);
  print(
    `Made ${count(made, 'organization')} with ${count(made * scale.tasks, 'task')} in ${seconds()} s.`,
  );
  if (made > 0 && target.ownerUrl !== appUrl) await analyze(target.ownerUrl);
}

/** Tells the planner at once what autovacuum would tell it in a minute or so. */
async function analyze(ownerUrl: string): Promise<void> {
  await withAdminConnection(ownerUrl, (owner) =>
    owner.query('ANALYZE organizations, users, projects, tasks'),
  );
  print('Statistics for the planner are up to date.');
}

async function withTenancy<T>(url: string, work: (tenancy: Tenancy) => Promise<T>): Promise<T> {
  const settings = {
    url,
    size: 4,
    waitLimitMs: 5_000,
    statementTimeoutMs: 60_000,
    idleInTransactionTimeoutMs: 60_000,
    sealKey: readDatabaseEnvironment().sealKey,
  };
  const tenancy = new Tenancy(settings, createLogger({ level: 'silent' }));
  try {
    return await work(tenancy);
  } catch (error) {
    throw explainDatabaseFault(error, url);
  } finally {
    await tenancy.close();
  }
}
