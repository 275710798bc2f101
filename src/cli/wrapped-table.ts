import { table } from '../start/index.js';

/**
 * Aligned columns whose cells go on in the next line where they are long.
 *
 * @param widths most characters of each column; a longer word, such as a name, still stays whole
 */
export function wrappedTable(
  rows: readonly (readonly string[])[],
  widths: readonly number[],
): string {
  return table(
    rows.flatMap((row) => {
      const cells = row.map((cell, column) => wrap(cell, widths[column] ?? cell.length));
      const height = Math.max(...cells.map((lines) => lines.length));
      return Array.from({ length: height }, (_, line) => cells.map((lines) => lines[line] ?? ''));
    }),
  );
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}
