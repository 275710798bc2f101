import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { withAdminConnection } from '../../src/tenancy/admin-connection.js';
import { testCluster } from '../support/cluster.js';
import { CODE_DEFECTS } from './code-defects.js';
import { DATABASE_DEFECTS } from './database-defects.js';
import type { Detector } from './defect.js';
import { runFolder } from './run-folder.js';

/** What became of one defect. */
export interface Outcome {
  name: string;
  sort: 'database' | 'code';
  /** The findings, attacks or tests that noticed it; a few of them. Empty for a survivor. */
  killedBy: string[];
  /** Of a defect of the database: who noticed it. */
  seenBy?: Detector[];
}

const REPORT = resolve(import.meta.dirname, '..', '..', '.rowhouse', 'isolation', 'defects.json');

const NOTED = 'outcomes.jsonl';

/** Keeps an outcome for the end of the run. */
export async function noteOutcome(outcome: Outcome): Promise<void> {
  await appendFile(join(runFolder(), NOTED), `${JSON.stringify(outcome)}\n`);
}

/**
 * Prints who saw what, the survivors and the score. A complete run also leaves it in
 * `.rowhouse/isolation/defects.json`, for whoever audits the installation.
 */
export async function reportOutcomes(): Promise<void> {
  const outcomes = await readOutcomes();
  const known = DATABASE_DEFECTS.length + CODE_DEFECTS.length;
  const killed = outcomes.filter(({ killedBy }) => killedBy.length > 0).length;
  const survivors = outcomes.filter(({ killedBy }) => killedBy.length === 0);
  const lines = [
    ...detectorTable(outcomes),
    ...survivors.map(({ name }) => `survived: ${name}`),
    `defects: ${killed} killed of ${outcomes.length}`,
  ];
  console.log(`\n${lines.join('\n')}`);
  if (outcomes.length === known) await writeReport(outcomes, killed);
  else console.log(`${known} are known; a part of them was run, and no report was written.`);
}

async function readOutcomes(): Promise<Outcome[]> {
  const text = await readFile(join(runFolder(), NOTED), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

function detectorTable(outcomes: Outcome[]): string[] {
  const rows = outcomes.flatMap(({ name, seenBy }) => (seenBy ? [{ name, seenBy }] : []));
  if (rows.length === 0) return [];
  const width = Math.max(...rows.map(({ name }) => name.length));
  const mark = (seen: boolean) => (seen ? 'sees it' : '-').padEnd(9);
  return [
    `${'defects of the database'.padEnd(width)}  audit    attacks`,
    ...rows.map(({ name, seenBy }) =>
      `${name.padEnd(width)}  ${mark(seenBy.includes('audit'))}${mark(seenBy.includes('attacks'))}`.trimEnd(),
    ),
  ];
}

async function writeReport(outcomes: Outcome[], killed: number): Promise<void> {
  const postgres = await withAdminConnection(testCluster().superuserUrl, async (client) => {
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    return rows[0]?.server_version;
  });
  const defects = outcomes.map(({ name, sort, killedBy }) => ({ name, sort, killedBy }));
  const report = {
    madeAt: new Date().toISOString(),
    postgres,
    killed,
    total: outcomes.length,
    defects,
  };
  await mkdir(resolve(REPORT, '..'), { recursive: true });
  const unfinished = `${REPORT}.${process.pid}`;
  await writeFile(unfinished, `${JSON.stringify(report, null, 2)}\n`);
  await rename(unfinished, REPORT);
}
