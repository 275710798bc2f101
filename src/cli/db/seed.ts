import type { Command } from 'commander';
import { refuseInProduction } from '../confirm.js';
import { withTargetDatabase } from '../target-database.js';

interface SeedOptions {
  scale?: string;
  force?: boolean;
}

export function addSeed(db: Command): void {
  db.command('seed')
    .description('make the demo organizations, unless they are there')
    .option(
      '--scale <ORGSxTASKS>',
      'make load data instead: organizations load-001 …, each with so many tasks, e.g. 100x2000',
    )
    .option('--force', 'also when NODE_ENV is production')
    .action(async ({ scale, ...options }: SeedOptions) => {
      refuseInProduction('this makes accounts whose password everybody knows', options);
      // Loaded when it is needed, as it brings half of the product along.
      const { parseLoadScale, seedDemoData, seedLoadData } = await import('./seed-data.js');
      const size = scale === undefined ? undefined : parseLoadScale(scale);
      await withTargetDatabase((target) =>
        size ? seedLoadData(target, size) : seedDemoData(target),
      );
    });
}
