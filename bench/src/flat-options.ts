import { type FlatSizes, FULL_SIZES, QUICK_SIZES } from './flat-databases.ts';
import { count, newOutFolder, parse } from './options.ts';

export interface FlatOptions {
  readonly sizes: FlatSizes;
  readonly rounds: number;
  /** Of each turn. */
  readonly seconds: number;
  /** How many are made for each series, and sent over and over; the first time before the first round. */
  readonly requests: number;
  /** Where the databases stay; null for a temporary folder. */
  readonly keep: string | null;
  readonly out: string;
}

const FULL = { rounds: '60', seconds: 0.2, requests: 4_000 };
const QUICK = { rounds: '3', seconds: 0.1, requests: 400 };

export const FLAT_USAGE = `node bench/run.js flat [options]

  --quick       few rows, few rounds: shows that it runs, and no more
  --rounds n    how often the databases take turns (default ${FULL.rounds}, quick ${QUICK.rounds})
  --keep folder leave the databases there, or take those that an earlier run has left
  --out folder  for flat.json (default .rowhouse/bench/<time>)
  --help`;

const OPTIONS = {
  quick: { type: 'boolean' },
  rounds: { type: 'string' },
  keep: { type: 'string' },
  out: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * @returns null when help is asked for
 * @throws UsageError
 */
export function readFlatOptions(args: readonly string[]): FlatOptions | null {
  const { values } = parse(args, OPTIONS, FLAT_USAGE);
  if (values.help) return null;
  const defaults = values.quick ? QUICK : FULL;
  return {
    ...defaults,
    rounds: count('rounds', values.rounds ?? defaults.rounds, 1_000),
    sizes: values.quick ? QUICK_SIZES : FULL_SIZES,
    keep: values.keep ?? null,
    out: values.out ?? newOutFolder(),
  };
}
