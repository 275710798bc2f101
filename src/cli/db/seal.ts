import { type Command, InvalidArgumentError } from 'commander';
import type { Client } from 'pg';
import { readDatabaseEnvironment } from '../../config/database-environment.js';
import { count, databaseName, print, Refusal, table } from '../../start/index.js';
import {
  disableSeal,
  enableSeal,
  prepareSeal,
  readSealState,
  rotateSeal,
  type SealState,
  sealKeyId,
  withAdminConnection,
} from '../../tenancy/index.js';
import { confirm } from '../confirm.js';
import { withTargetDatabase } from '../target-database.js';

const DESCRIPTION =
  'have the database believe only organizations that a server with TENANT_SEAL_KEY has set';

export function addSeal(db: Command): void {
  const seal = db.command('seal').description(DESCRIPTION);
  seal
    .command('status')
    .description('show which keys are accepted, and which tables ask for a seal')
    .action(() => change(readSealState));
  seal
    .command('enable')
    .description('accept the seals of TENANT_SEAL_KEY, and have every tenant table ask for one')
    .option('--prepare', 'only accept them, so that servers can be given the key first')
    .action(({ prepare }: { prepare?: boolean }) => {
      const key = requireKey();
      return change((client) => (prepare ? prepareSeal : enableSeal)(client, key));
    });
  seal
    .command('rotate')
    .description('accept a new TENANT_SEAL_KEY, and the one before for a while')
    .option('--grace <hours>', 'for how long; 0 for a key that got out', parseHours, 24)
    .action(({ grace }: { grace: number }) => {
      const key = requireKey();
      return change((client) => rotateSeal(client, key, grace * 3_600));
    });
  seal
    .command('disable')
    .description('have no table ask for a seal any more')
    .option('-y, --yes', 'do not ask')
    .action((options: { yes?: boolean }) =>
      change(async (client, name) => {
        await confirm(`Believe any organization that SQL sets in ${name}?`, options);
        return disableSeal(client);
      }),
    );
}

async function change(
  work: (client: Client, database: string) => Promise<SealState>,
): Promise<void> {
  await withTargetDatabase(async ({ ownerUrl }) => {
    const database = databaseName(ownerUrl);
    const state = await withAdminConnection(ownerUrl, (client) => work(client, database));
    print(describe(state, database));
  });
}

function describe({ keys, sealed, unsealed }: SealState, database: string): string {
  const { sealKey } = readDatabaseEnvironment();
  const yours = sealKey === undefined ? undefined : sealKeyId(sealKey);
  const rows = keys.map(({ id, createdAt, retiresAt }) => [
    `  ${id}`,
    `since ${moment(createdAt)}`,
    retiresAt ? `until ${moment(retiresAt)}` : 'in use',
    id === yours ? 'your TENANT_SEAL_KEY' : '',
  ]);
  const accepted = rows.length === 0 ? 'It accepts no key.' : `It accepts:\n\n${table(rows)}\n`;
  return `The ${database} ${summary(sealed, unsealed)}\n${accepted}`;
}

function summary(sealed: string[], unsealed: string[]): string {
  if (sealed.length === 0) return 'is not sealed: no table asks for a seal.';
  if (unsealed.length === 0)
    return `is sealed: all of its ${count(sealed.length, 'table')} ask for a seal.`;
  return `is sealed in part: ${unsealed.join(', ')} will believe anybody. Run: npm run db -- seal enable`;
}

const moment = (date: Date) => `${date.toISOString().slice(0, 16)}Z`;

function requireKey(): string {
  const { sealKey } = readDatabaseEnvironment();
  if (sealKey !== undefined) return sealKey;
  throw new Refusal(
    'TENANT_SEAL_KEY is not set. Make one with "openssl rand -base64 48", and give it to every server as well.',
  );
}

function parseHours(text: string): number {
  const hours = Number(text);
  if (/^\d{1,4}(\.\d+)?$/.test(text)) return hours;
  throw new InvalidArgumentError('It takes a number of hours from 0 to 9999.');
}
