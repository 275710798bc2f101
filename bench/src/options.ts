import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { type DataScale, DEFAULT_SCALE, QUICK_SCALE } from './data.ts';
import { answersAll, type ServerUnderTest } from './server-under-test.ts';
import { DEFAULT_SERVERS, SERVERS } from './servers/index.ts';
import { rowhouseOf } from './servers/rowhouse/index.ts';
import { kindsOf, WORKLOADS, type Workload } from './workloads.ts';

export interface Options {
  readonly servers: readonly ServerUnderTest[];
  readonly workloads: readonly Workload[];
  readonly rounds: number;
  /** Length of each stretch. */
  readonly seconds: number;
  /** Of each warm-up, for one server and one workload. */
  readonly warmUpSeconds: number;
  readonly connections: number;
  /** Requests a second, whether they are answered or not; null for as many as are answered. */
  readonly rate: number | null;
  readonly poolSize: number;
  readonly scale: DataScale;
  /** Compare answers, time nothing. */
  readonly checkOnly: boolean;
  /** Whether each server leaves a profile of its processor time. */
  readonly profile: boolean;
  readonly out: string;
}

/** What was asked for cannot be done; `message` names the choices. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const FULL = { rounds: '7', seconds: '2', warmUpSeconds: 3, scale: DEFAULT_SCALE };
const QUICK = { rounds: '3', seconds: '0.4', warmUpSeconds: 0.6, scale: QUICK_SCALE };

export const USAGE = `npm run bench -- [options]

  --quick             few rows, few short rounds: ends within three minutes
  --check             compare the answers of all servers, time nothing
  --servers a,b       of ${names(SERVERS)} (default ${names(DEFAULT_SERVERS)})
  --before folder     another checkout of this product, built, takes part as "before"
  --workloads a,b     of ${names(WORKLOADS)} (default all)
  --rounds n          how often the servers take turns (default ${FULL.rounds}, quick ${QUICK.rounds})
  --seconds s         of each server's turn at one workload (default ${FULL.seconds}, quick ${QUICK.seconds})
  --connections n     to the server under load (default 16)
  --rate r            send so many requests a second, and measure how long answers take from when
                      they were due; --connections then limits how many are under way
  --pool n            connections of each server to PostgreSQL (default 10)
  --profile           also write a .cpuprofile of each server that ends when it is asked to
  --out folder        for bench.json and bench.svg (default .rowhouse/bench/<time>)
  --help

Also: npm run bench -- flat --help
      npm run bench -- overload [point-read | nested-list]
      npm run bench -- flame-graph --help`;

/**
 * @returns null when help is asked for
 * @throws UsageError
 */
export function readOptions(args: readonly string[]): Options | null {
  const { values } = parse(args, OPTIONS, USAGE);
  if (values.help) return null;
  const { warmUpSeconds, scale, ...defaults } = values.quick ? QUICK : FULL;
  const servers = [
    ...(chosen('servers', SERVERS, values.servers) ?? DEFAULT_SERVERS),
    ...(values.before === undefined ? [] : [builtCheckout(values.before)]),
  ];
  return {
    servers,
    workloads: answerable(
      chosen('workloads', WORKLOADS, values.workloads) ?? WORKLOADS,
      servers,
      values.workloads !== undefined,
    ),
    rounds: count('rounds', values.rounds ?? defaults.rounds, 1_000),
    seconds: positive('seconds', values.seconds ?? defaults.seconds, 3_600),
    warmUpSeconds,
    connections: count('connections', values.connections ?? '16', 500),
    rate: values.rate === undefined ? null : positive('rate', values.rate, 1_000_000),
    poolSize: count('pool', values.pool ?? '10', 50),
    scale,
    checkOnly: values.check ?? false,
    profile: values.profile ?? false,
    out: values.out ?? newOutFolder(),
  };
}

const OPTIONS = {
  quick: { type: 'boolean' },
  check: { type: 'boolean' },
  servers: { type: 'string' },
  before: { type: 'string' },
  workloads: { type: 'string' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  connections: { type: 'string' },
  rate: { type: 'string' },
  pool: { type: 'string' },
  profile: { type: 'boolean' },
  out: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** @throws UsageError with the usage for an option that there is not, or that lacks its value */
export function parse<const Config extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Config,
  usage: string,
) {
  try {
    return parseArgs({ args: [...args], options });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : error}\n\n${usage}`);
  }
}

function chosen<Item extends { readonly name: string }>(
  option: string,
  all: readonly Item[],
  text: string | undefined,
): readonly Item[] | undefined {
  if (text === undefined) return undefined;
  const wanted = [...new Set(text.split(',').map((name) => name.trim()))];
  return wanted.map((name) => {
    const found = all.find((item) => item.name === name);
    if (found) return found;
    throw new UsageError(`--${option}: there is no "${name}". There are: ${names(all)}.`);
  });
}

/** @param isAskedFor whether to leave one out that no server can answer would be to leave out what was asked for */
function answerable(
  workloads: readonly Workload[],
  servers: readonly ServerUnderTest[],
  isAskedFor: boolean,
): readonly Workload[] {
  const isAnswered = (workload: Workload) =>
    servers.some((server) => answersAll(server, kindsOf(workload)));
  const missed = workloads.find((workload) => !isAnswered(workload));
  if (isAskedFor && missed !== undefined) {
    throw new UsageError(`--workloads: none of these servers answers "${missed.name}".`);
  }
  return workloads.filter(isAnswered);
}

function builtCheckout(folder: string): ServerUnderTest {
  if (existsSync(join(folder, 'dist', 'main.js'))) return rowhouseOf(folder);
  throw new UsageError(
    `--before: nothing is built in "${folder}". Run npm ci && npm run build there.`,
  );
}

/** Where the report of a run goes that is told nothing else. */
export function newOutFolder(): string {
  return join('.rowhouse', 'bench', new Date().toISOString().replaceAll(':', '-'));
}

export function count(option: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new UsageError(`--${option}: "${text}" is no whole number from 1 to ${most}.`);
}

function positive(option: string, text: string, most: number): number {
  const value = Number(text);
  if (value >= 0.1 && value <= most) return value;
  throw new UsageError(`--${option}: "${text}" is no number from 0.1 to ${most}.`);
}

function names(items: readonly { readonly name: string }[]): string {
  return items.map(({ name }) => name).join(', ');
}
