import type { Blocks } from './flat-blocks.ts';
import type { Heat, Side } from './flat-series.ts';
import type { Turn, TurnTaker } from './flat-turns.ts';
import { pairedRatio, type Spread, spreadOf } from './statistics.ts';

/** What grows from one side to the other, while everything else stays as it is. */
export interface Question {
  readonly what: string;
  readonly from: Side;
  readonly to: Side;
  /** Whether the answer is to be within `TOLERANCE`, or is there to understand the others. */
  readonly isTarget: boolean;
}

/** One workload on both sides. All ratios are of `to` to `from`, paired by round. */
export interface Comparison {
  readonly question: string;
  readonly heat: Heat;
  readonly isTarget: boolean;
  readonly throughput: { readonly from: number; readonly to: number; readonly ratio: Spread };
  /** Microseconds for each call, of server and PostgreSQL together; medians. */
  readonly processorTime: { readonly from: number; readonly to: number; readonly ratio: Spread };
  readonly postgresTime: { readonly from: number; readonly to: number };
  readonly blocks: { readonly from: Blocks | null; readonly to: Blocks | null };
  /** Neither fewer calls a second nor more processor time for each, by more than `TOLERANCE`. */
  readonly isFlat: boolean;
}

export const TOLERANCE = 0.15;

export function compare(
  questions: readonly Question[],
  takers: readonly TurnTaker[],
  blocks: readonly Blocks[],
): Comparison[] {
  return questions.flatMap((question) =>
    takers
      .filter(({ series }) => series.side === question.from)
      .flatMap((from) => {
        const heat = from.series.heat;
        const to = takers.find(({ series }) => series.side === question.to && series.heat === heat);
        return to ? [comparison(question, from, to, blocks)] : [];
      }),
  );
}

function comparison(
  { what, isTarget }: Question,
  { series: fromSeries, turns: from }: TurnTaker,
  { series: toSeries, turns: to }: TurnTaker,
  blocks: readonly Blocks[],
): Comparison {
  const throughput = between(from, to, (turn) => turn.throughput);
  const processorTime = between(from, to, (turn) => turn.server + turn.postgres);
  const { ratio: _, ...postgresTime } = between(from, to, (turn) => turn.postgres);
  const blocksOf = ({ heat, side }: TurnTaker['series']) =>
    blocks.find((each) => each.heat === heat && each.side === side) ?? null;
  return {
    question: what,
    heat: fromSeries.heat,
    isTarget,
    throughput,
    processorTime,
    postgresTime,
    blocks: { from: blocksOf(fromSeries), to: blocksOf(toSeries) },
    isFlat: throughput.ratio.median >= 1 - TOLERANCE && processorTime.ratio.median <= 1 + TOLERANCE,
  };
}

function between(from: readonly Turn[], to: readonly Turn[], figure: (turn: Turn) => number) {
  const before = from.map(figure);
  const after = to.map(figure);
  return {
    from: spreadOf(before).median,
    to: spreadOf(after).median,
    ratio: pairedRatio(after, before),
  };
}
