import {
  GARBAGE,
  GENERATED,
  NATIVE,
  NODE,
  PRODUCT,
  PROGRAM,
  type Stack,
  timeByOwner,
} from './flame-graph-stacks.ts';

const WIDTH = 1_200;
const MARGIN = 10;
const ROW = 17;
const LEGEND_TOP = 34;
/** Below two lines of legend. */
const TOP = 80;
/** Of the typeface, at its size. */
const CHARACTER = 6.05;
/** Narrower frames are not drawn, nor what they call. */
const NARROWEST = 1.2;
/** Characters that are worth showing. */
const FEWEST_CHARACTERS = 4;

/** Light enough for dark letters, on any background. */
const COLORS: Readonly<Record<string, string>> = {
  [PRODUCT]: '#f5a35c',
  [NODE]: '#b9d3ee',
  [NATIVE]: '#86aeda',
  [PROGRAM]: '#c9ccd1',
  [GENERATED]: '#f7cf9e',
  [GARBAGE]: '#d9b8a0',
};
/** For the packages that take the most time, in this order. */
const PACKAGE_COLORS = [
  '#9bd08f',
  '#d9a8dc',
  '#f2d464',
  '#8fd3c8',
  '#f0a3a8',
  '#c3b6ee',
  '#bfd06f',
];
const OTHER_PACKAGES = 'other packages';
const OTHER_COLOR = '#dfe3b8';

/** An SVG document without scripts: time from left to right, who called whom from below. */
export function drawFlameGraph(title: string, root: Stack): string {
  const scale = (WIDTH - 2 * MARGIN) / root.total;
  const groups = groupsOf(root);
  const rows = depthOf(root, scale);
  const height = TOP + rows * ROW + MARGIN + 14;
  const frames: string[] = [];
  const draw = (stack: Stack, left: number, row: number) => {
    const width = stack.total * scale;
    if (width < NARROWEST) return;
    frames.push(frame(stack, root, { left, top: TOP + (rows - 1 - row) * ROW, width }, groups));
    let from = left;
    for (const child of byTime(stack)) {
      draw(child, from, row + 1);
      from += child.total * scale;
    }
  };
  draw(root, MARGIN, 0);
  const seconds = (root.total / 1e6).toFixed(1);
  return svg(height, title, [
    `<text x="${MARGIN}" y="22" class="title">${escaped(title)}</text>`,
    `<text x="${MARGIN}" y="${height - 8}" class="note">${seconds} s at work, without start-up and idling. Wide is long, below is who called; hover for figures.</text>`,
    legend(root, groups),
    ...frames,
  ]);
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
}

/** Which owners have a colour of their own. */
type Groups = ReadonlyMap<string, string>;

function groupsOf(root: Stack): Groups {
  const packages = timeByOwner(root)
    .map(([owner]) => owner)
    .filter((owner) => !Object.hasOwn(COLORS, owner))
    .slice(0, PACKAGE_COLORS.length);
  return new Map([
    ...Object.entries(COLORS),
    ...packages.map((owner, index) => [owner, PACKAGE_COLORS[index] as string] as const),
  ]);
}

function frame(stack: Stack, root: Stack, { left, top, width }: Box, groups: Groups): string {
  const { name, place, owner, total, self } = stack;
  const where = place === '' ? '' : ` ${place}`;
  const summary = `${name}${where} (${owner})\n${share(total, root)} with what it calls, ${share(self, root)} itself`;
  const room = Math.floor((width - 4) / CHARACTER);
  const label = labelOf(stack, room);
  const text = label && `<text x="${round(left + 3)}" y="${top + 12}">${escaped(label)}</text>`;
  const fill = groups.get(owner) ?? OTHER_COLOR;
  return `<g><title>${escaped(summary)}</title><rect x="${round(left)}" y="${top}" width="${round(Math.max(width - 0.5, 0.7))}" height="${ROW - 1}" fill="${fill}"/>${text}</g>`;
}

/** Name and place as far as there is room; the name is what is shown first. */
function labelOf({ name, place }: Stack, room: number): string {
  if (room < FEWEST_CHARACTERS) return '';
  if (name.length > room) return `${name.slice(0, room - 1)}…`;
  const whole = place === '' ? name : `${name} ${place}`;
  if (whole.length <= room) return whole;
  // A file's end tells more than its beginning.
  const rest = room - name.length - 2;
  return rest < 6 ? name : `${name} …${place.slice(-rest)}`;
}

function legend(root: Stack, groups: Groups): string {
  const times = timeByOwner(root).filter(([, time]) => time > 0);
  const rest = times
    .filter(([owner]) => !groups.has(owner))
    .reduce((sum, [, time]) => sum + time, 0);
  const entries = [
    ...times.filter(([owner]) => groups.has(owner)),
    ...(rest > 0 ? [[OTHER_PACKAGES, rest] as const] : []),
  ];
  let left = MARGIN;
  let top = LEGEND_TOP;
  const drawn = entries.map(([owner, time]) => {
    const label = `${owner} ${share(time, root)}`;
    const width = 15 + label.length * CHARACTER + 14;
    if (left + width > WIDTH) {
      left = MARGIN;
      top += ROW;
    }
    const entry = `<rect x="${round(left)}" y="${top}" width="11" height="11" fill="${groups.get(owner) ?? OTHER_COLOR}"/><text x="${round(left + 15)}" y="${top + 9}" class="legend">${escaped(label)}</text>`;
    left += width;
    return entry;
  });
  return drawn.join('\n');
}

function depthOf(stack: Stack, scale: number): number {
  const wide = [...stack.children.values()].filter(({ total }) => total * scale >= NARROWEST);
  return 1 + Math.max(0, ...wide.map((child) => depthOf(child, scale)));
}

function byTime({ children }: Stack): Stack[] {
  return [...children.values()].toSorted((a, b) => b.total - a.total);
}

function share(time: number, root: Stack): string {
  const percent = (time / root.total) * 100;
  return `${percent.toFixed(percent < 10 ? 1 : 0)} %`;
}

function svg(height: number, title: string, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(title)}">
<style>
  text { font: 10px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #1b1f24; pointer-events: none }
  .title { font: 600 15px system-ui, sans-serif; fill: #24292f }
  .legend, .note { fill: #24292f }
  .background { fill: #ffffff }
  g:hover rect { stroke: #1b1f24 }
  @media (prefers-color-scheme: dark) {
    .title, .legend, .note { fill: #e6edf3 }
    .background { fill: #0d1117 }
    g:hover rect { stroke: #ffffff }
  }
</style>
<rect class="background" width="${WIDTH}" height="${height}"/>
${parts.join('\n')}
</svg>
`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
