import { open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cleanup } from './cleanup.ts';
import { Connection } from './connection.ts';
import type { FlatDatabase } from './flat-databases.ts';
import { type Heat, type Series, type Side, startServer } from './flat-series.ts';
import type { RunningServer } from './running-server.ts';
import { quantile } from './statistics.ts';

/** What PostgreSQL read for one call of a series, in blocks of 8 kB, from memory or not. */
export interface Blocks {
  readonly heat: Heat;
  readonly side: Side;
  /** Of all statements of a call together, over the calls that were looked at. */
  readonly median: number;
  readonly most: number;
  /** How many of them were not in PostgreSQL's own memory, on average. */
  readonly missed: number;
  /** Sequential scans would appear as `Seq Scan on tasks`. */
  readonly scans: readonly string[];
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Shared Hit Blocks'?: number;
  readonly 'Shared Read Blocks'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** Until the connection has looked up what it needs in the catalogue, and plans are settled. */
const CALLS_BEFORE = 30;
const CALLS = 200;
/** A statement's plan is logged when its transaction ends, which may be after the answer. */
const LOG_DELAY_MS = 200;

/**
 * `EXPLAIN (ANALYZE, BUFFERS)` of the very statements that the server sends, which PostgreSQL itself logs
 * (https://www.postgresql.org/docs/current/auto-explain.html). Counting blocks, nothing disturbs.
 *
 * @param logFile PostgreSQL's
 */
export async function countBlocks(
  databases: readonly FlatDatabase[],
  series: readonly Series[],
  logFile: string,
  cleanup: Cleanup,
): Promise<Blocks[]> {
  const counted: Blocks[] = [];
  for (const { database, client } of databases) {
    for (const [name, value] of SETTINGS) {
      await client.query(`ALTER DATABASE ${database.name} SET ${name} = ${value}`);
    }
    // One connection, so that the log has the statements of one call after the other.
    const server = await startServer(database, 1, cleanup);
    for (const each of series.filter((one) => one.server.database === database)) {
      counted.push(await count(each, server, logFile));
    }
    await server.stop();
    await client.query(`ALTER DATABASE ${database.name} RESET ALL`);
  }
  return series.flatMap((each) => counted.filter((one) => isOf(each, one)));
}

const SETTINGS = [
  ['session_preload_libraries', 'auto_explain'],
  ['auto_explain.log_min_duration', '0'],
  ['auto_explain.log_analyze', 'on'],
  ['auto_explain.log_buffers', 'on'],
  ['auto_explain.log_timing', 'off'],
  ['auto_explain.log_format', 'json'],
] as const;

async function count(
  { heat, side, requests }: Series,
  server: RunningServer,
  logFile: string,
): Promise<Blocks> {
  // Others than were sent last, so that what is counted as missed has not just been read.
  const chosen = requests.toReversed();
  const connection = new Connection(server.origin);
  const ask = (index: number) =>
    new Promise<void>((resolve, reject) => {
      const request = chosen[index % chosen.length] as Buffer;
      connection.send(request, (status, body) => {
        if (status === 200 && !body.includes('"errors"')) resolve();
        else reject(new Error(`${heat}: status ${status}: ${body}`));
      });
    });
  for (let call = 0; call < CALLS_BEFORE; call++) await ask(call);
  await sleep(LOG_DELAY_MS);
  const { size } = await stat(logFile);
  for (let call = 0; call < CALLS; call++) await ask(CALLS_BEFORE + call);
  await sleep(LOG_DELAY_MS);
  connection.close();
  const plans = plansIn(await readFrom(logFile, size));
  return { heat, side, ...summarize(plans) };
}

function summarize(plans: readonly PlanNode[]): Omit<Blocks, 'heat' | 'side'> {
  const perCall = plans.length / CALLS;
  if (!Number.isInteger(perCall) || perCall === 0) {
    throw new Error(`PostgreSQL logged ${plans.length} plans for ${CALLS} calls.`);
  }
  const blocks = Array.from({ length: CALLS }, (_, call) =>
    plans.slice(call * perCall, (call + 1) * perCall).reduce((sum, plan) => sum + all(plan), 0),
  );
  const missed = plans.reduce((sum, plan) => sum + (plan['Shared Read Blocks'] ?? 0), 0);
  return {
    median: quantile(blocks, 0.5),
    most: Math.max(...blocks),
    missed: missed / CALLS,
    scans: [...new Set(plans.flatMap(scansOf))].toSorted(),
  };
}

/** Those of a node include those of the nodes below it. */
function all(plan: PlanNode): number {
  return (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);
}

function scansOf(plan: PlanNode): string[] {
  const { 'Relation Name': relation, 'Index Name': index, 'Node Type': type, Plans = [] } = plan;
  const own = index ?? (relation && `${type} on ${relation}`);
  return [...(own === undefined ? [] : [own]), ...Plans.flatMap(scansOf)];
}

/** A plan is a message of many lines, all but the first of which begin with a tab. */
function plansIn(log: string): PlanNode[] {
  const messages = log.split(/\n(?!\t)/);
  return messages.flatMap((message) => {
    const json = /LOG: {2}duration: [^\n]* plan:\n([\s\S]*)/.exec(message)?.[1];
    return json === undefined ? [] : [(JSON.parse(json) as { Plan: PlanNode }).Plan];
  });
}

async function readFrom(path: string, start: number): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, null, start);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

function isOf({ heat, side }: Series, other: Blocks): boolean {
  return heat === other.heat && side === other.side;
}
