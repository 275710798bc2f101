import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AttackResult } from './attack-report.js';

const FOLDER = join(import.meta.dirname, '../../../.rowhouse/isolation');

/** What the last run of all attacks came to, for whoever reports on the isolation. */
export interface AttackRecord extends AttackResult {
  /** ISO 8601. */
  madeAt: string;
  /** Version of the server: `18.4`. */
  postgres: string;
  /** Names of the tables that were attacked. */
  tables: string[];
  /** Fields of the API that were attacked: `Query.task`. */
  fields: string[];
}

/** Adds up results. */
export function total(results: AttackResult[]): AttackResult {
  const byKind: Record<string, number> = {};
  for (const [kind, count] of results.flatMap((result) => Object.entries(result.byKind))) {
    byKind[kind] = (byKind[kind] ?? 0) + count;
  }
  return {
    attacks: results.reduce((sum, { attacks }) => sum + attacks, 0),
    byKind,
    breaches: results.flatMap(({ breaches }) => breaches),
  };
}

/** Writes `.rowhouse/isolation/attacks.json`; who reads it meanwhile gets the old one or the new one. */
export async function writeRecord(record: AttackRecord): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  const draft = join(FOLDER, `attacks.${process.pid}.json`);
  await writeFile(draft, `${JSON.stringify(record, null, 2)}\n`);
  await rename(draft, join(FOLDER, 'attacks.json'));
}
