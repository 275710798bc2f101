import { Command } from 'commander';
import { addDeploy } from './db/deploy.js';
import { addFresh } from './db/fresh.js';
import { addReset } from './db/reset.js';
import { addRollback } from './db/rollback.js';
import { addSeal } from './db/seal.js';
import { addSeed } from './db/seed.js';
import { addStatus } from './db/status.js';
import { runProgram } from './run-program.js';

const DESCRIPTION =
  'Migrates and fills the database: that of MIGRATION_DATABASE_URL, else DATABASE_URL, else the ' +
  'embedded server in .rowhouse, which is started for the command when it does not run. Seeding ' +
  'writes as the role of DATABASE_URL.';

const program = new Command('npm run db --').description(DESCRIPTION);

await runProgram(program, (db) => {
  addStatus(db);
  addDeploy(db);
  addRollback(db);
  addSeed(db);
  addReset(db);
  addFresh(db);
  addSeal(db);
});
