import type { Command } from 'commander';
import { refuseInProduction } from '../confirm.js';
import { withTargetDatabase } from '../target-database.js';
import { addDropOptions, type DropOptions, reset } from './reset.js';

export function addFresh(db: Command): void {
  addDropOptions(
    db.command('fresh').description('drop everything, migrate, and seed the demo data'),
  ).action(async (options: DropOptions) => {
    refuseInProduction('this drops all data and makes demo accounts', options);
    const { requireSeedable, seedDemoData } = await import('./seed-data.js');
    await withTargetDatabase(async (target) => {
      requireSeedable(target);
      await reset(target.ownerUrl, options);
      await seedDemoData(target);
    });
  });
}
