import type { Conditions } from './report.ts';
import type { Figures, Result, WorkloadResult } from './result.ts';

const BAR = 18;
const GAP = 26;
const HEIGHT = 240;
const LEFT = 48;
const TOP = 56;
const BELOW = 84;
/** Colours that differ in lightness as well, so that they can be told apart without hue. */
const COLORS = ['#2f6fdb', '#e08a1e', '#5aa469', '#b05cc6', '#8a8f98', '#c94f4f'];

/** Throughput as a multiple of the reference's: a group of bars for each workload. An SVG document. */
export function drawPicture(conditions: Conditions, { reference, servers, workloads }: Result) {
  const names = servers.map(({ name }) => name);
  const top = axisEnd(workloads);
  const group = names.length * BAR + GAP;
  const width = Math.max(LEFT + workloads.length * group + 24, 560);
  const y = (ratio: number) => round(TOP + HEIGHT * (1 - ratio / top));
  const parts = [
    text(LEFT, 22, `Throughput, ${reference} = 1`, 'class="title"'),
    legend(names),
    ...ticks(top).map((tick) => gridLine(tick, y(tick), width, tick === 1)),
    ...workloads.map((workload, index) =>
      bars(labelled(workload, reference), LEFT + GAP / 2 + index * group, y, names),
    ),
    text(LEFT, TOP + HEIGHT + BELOW - 14, footnote(conditions), 'class="note"'),
  ];
  return svg(width, TOP + HEIGHT + BELOW, parts);
}

/** With the name of whom it is measured by, where that is somebody else. */
function labelled(workload: WorkloadResult, reference: string): WorkloadResult {
  if (workload.reference === reference) return workload;
  return { ...workload, title: `${workload.title}, ${workload.reference} = 1` };
}

function bars(
  { title, figures }: WorkloadResult,
  left: number,
  y: (ratio: number) => number,
  names: readonly string[],
): string {
  const drawn = figures.map((each, index) => bar(each, left + index * BAR, y, names));
  const label = left + (figures.length * BAR) / 2;
  const words = title.split(', ');
  const lines = words.map((line, row) =>
    text(label, TOP + HEIGHT + 18 + row * 14, line, 'text-anchor="middle"'),
  );
  return [...drawn, ...lines].join('\n');
}

function bar(
  { server, ratio, throughput }: Figures,
  left: number,
  y: (ratio: number) => number,
  names: readonly string[],
): string {
  const middle = left + BAR / 2 - 1;
  const summary = `${server}: ${throughput.median.toFixed(0)} calls/s, x ${ratio.median.toFixed(2)}`;
  return [
    `<rect x="${left}" y="${y(ratio.median)}" width="${BAR - 2}" height="${round(y(0) - y(ratio.median))}" fill="${colorOf(names.indexOf(server))}"><title>${escaped(summary)}</title></rect>`,
    `<path class="quartiles" d="M${middle} ${y(ratio.lowerQuartile)}V${y(ratio.upperQuartile)}"/>`,
    text(middle, y(ratio.upperQuartile) - 4, ratio.median.toFixed(1), 'class="value"'),
  ].join('\n');
}

function legend(names: readonly string[]): string {
  let left = LEFT;
  return names
    .map((name, index) => {
      const entry = `<rect x="${left}" y="34" width="10" height="10" fill="${colorOf(index)}"/>${text(left + 14, 43, name)}`;
      left += 30 + name.length * 7;
      return entry;
    })
    .join('\n');
}

function gridLine(tick: number, y: number, width: number, isOne: boolean): string {
  const line = `<path class="${isOne ? 'one' : 'grid'}" d="M${LEFT} ${y}H${width - 12}"/>`;
  return line + text(LEFT - 6, y + 4, String(tick), 'text-anchor="end"');
}

function footnote({ node, postgres, connections, rounds, seconds }: Conditions): string {
  return `Node ${node}, PostgreSQL ${postgres}, ${connections} connections, ${rounds} rounds of ${seconds} s; lines: quartiles`;
}

function svg(width: number, height: number, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<style>
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 15px; font-weight: 600 }
  .value { font-size: 10px; text-anchor: middle }
  .note { font-size: 11px; opacity: .75 }
  .background { fill: #ffffff }
  .grid { stroke: #8a8f98; stroke-opacity: .3 }
  .one { stroke: #24292f; stroke-dasharray: 4 3 }
  .quartiles { stroke: #24292f; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .background { fill: #0d1117 }
    .one, .quartiles { stroke: #e6edf3 }
  }
</style>
<rect class="background" width="${width}" height="${height}"/>
${parts.join('\n')}
</svg>
`;
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escaped(content)}</text>`;
}

function axisEnd(workloads: readonly WorkloadResult[]): number {
  const ratios = workloads.flatMap(({ figures }) =>
    figures.map(({ ratio }) => ratio.upperQuartile),
  );
  return Math.max(Math.ceil(Math.max(...ratios) * 1.08), 1);
}

function ticks(top: number): number[] {
  const step = top > 6 ? 2 : top > 3 ? 1 : 0.5;
  const even = Array.from({ length: Math.floor(top / step) + 1 }, (_, index) => index * step);
  return [...new Set([...even, 1])];
}

function colorOf(index: number): string {
  return COLORS[index % COLORS.length] ?? '#8a8f98';
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
