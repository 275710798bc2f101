/** The middle of many figures, and between which two the middle half lies. */
export interface Spread {
  readonly median: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
}

/** @throws RangeError for no values */
export function spreadOf(values: readonly number[]): Spread {
  return {
    median: quantile(values, 0.5),
    lowerQuartile: quantile(values, 0.25),
    upperQuartile: quantile(values, 0.75),
  };
}

/**
 * Of one server to another in the same round each: what disturbs a whole round meets both alike.
 *
 * @param values one figure for each round, as `others`
 */
export function pairedRatio(values: readonly number[], others: readonly number[]): Spread {
  return spreadOf(values.map((value, round) => value / (others[round] ?? Number.NaN)));
}

/**
 * Interpolated between neighbours, as R does by default (type 7 of Hyndman and Fan, 1996).
 *
 * @param share 0 for the smallest, 1 for the largest
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) throw new RangeError('No values.');
  return below + (above - below) * (place - Math.floor(place));
}
