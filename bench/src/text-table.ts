import type { Spread } from './statistics.ts';

/** Figures to the right; the first column, and the one at `textColumn`, to the left. */
export function table(rows: readonly (readonly string[])[], textColumn?: number): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 || column === textColumn
            ? cell.padEnd(widths[column] ?? 0)
            : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function inQuartiles({ median, lowerQuartile, upperQuartile }: Spread): string {
  return `${median.toFixed(2)} (${lowerQuartile.toFixed(2)}-${upperQuartile.toFixed(2)})`;
}
