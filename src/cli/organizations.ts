import { Command } from 'commander';
import { addErase } from './organizations/erase.js';
import { addLiftSecret } from './organizations/lift-secret.js';
import { addList } from './organizations/list.js';
import { addRebuildSales } from './organizations/rebuild-sales.js';
import { addResume } from './organizations/resume.js';
import { addSuspend } from './organizations/suspend.js';
import { runProgram } from './run-program.js';

const DESCRIPTION =
  'Suspends, resumes and erases organizations, lifts their requirement of a secret, and sums up their sales anew, as the operator of the service. It works as the role of ' +
  'DATABASE_URL, in the context of the one organization; only what lists organizations asks the role of ' +
  'MIGRATION_DATABASE_URL. Without either: the embedded server in .rowhouse. Exits with 0 when all is as ' +
  'it was wanted, 1 when not, and 2 when the command was not understood.';

const program = new Command('npm run organizations --').description(DESCRIPTION);

await runProgram(program, (organizations) => {
  addList(organizations);
  addSuspend(organizations);
  addResume(organizations);
  addLiftSecret(organizations);
  addRebuildSales(organizations);
  addErase(organizations);
});
