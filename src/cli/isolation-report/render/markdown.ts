import type { Block, Fact, Inline, ReportDocument, Section, Text, Tone } from '../document.js';
import { runs, visible } from './text.js';

const SIGNS: Record<Tone, string> = { good: '✓', bad: '✗', open: '–' };

/** The report in GitHub Flavored Markdown (https://github.github.com/gfm/). */
export function renderMarkdown({ title, facts, sections }: ReportDocument): string {
  const contents = sections.map((section) => `- [${plain(section.title)}](#${anchor(section)})`);
  const parts = [
    `# ${plain(title)}`,
    factTable(facts),
    `## Contents\n\n${contents.join('\n')}`,
    ...sections.map(renderSection(sections)),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** GitHub's own, made of the heading. */
function anchor({ title }: Section): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-');
}

function renderSection(sections: readonly Section[]) {
  const anchors = new Map(sections.map((section) => [section.id, anchor(section)]));
  const prose = (text: Text) =>
    atLineStart(
      runs(text)
        .map((inline) => renderInline(inline, anchors))
        .join(''),
    );
  return ({ title, blocks }: Section): string =>
    [`## ${plain(title)}`, ...blocks.map((block) => renderBlock(block, prose, anchors))].join(
      '\n\n',
    );
}

function renderBlock(
  block: Block,
  prose: (text: Text) => string,
  anchors: ReadonlyMap<string, string>,
): string {
  switch (block.kind) {
    case 'heading':
      return `### ${prose(block.text)}`;
    case 'paragraph':
      return prose(block.text);
    case 'list':
      return block.items.map((item) => `- ${prose(item)}`).join('\n');
    case 'facts':
      return factTable(block.facts, anchors);
    case 'table':
      return `**${plain(block.caption)}**\n\n${tableOf(block.columns, block.rows, anchors)}`;
    case 'code':
      return `${plain(block.caption)}\n\n${fenced(block.text)}`;
    case 'callout':
      return `> **${SIGNS[block.tone]} ${plain(block.title)}**\n>\n> ${prose(block.text)}`;
  }
}

function factTable(facts: readonly Fact[], anchors?: ReadonlyMap<string, string>): string {
  return tableOf(
    ['', ''],
    facts.map(([name, value]) => [name, value]),
    anchors,
  );
}

function tableOf(
  columns: readonly string[],
  rows: readonly (readonly Text[])[],
  anchors?: ReadonlyMap<string, string>,
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const cell = (text: Text) =>
    runs(text)
      .map((inline) => renderInCell(inline, anchors))
      .join('');
  return [
    line(columns.map((column) => inCell(plain(column)))),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(row.map(cell))),
  ].join('\n');
}

function renderInCell(inline: Inline, anchors?: ReadonlyMap<string, string>): string {
  const isCode = typeof inline !== 'string' && 'code' in inline;
  // A backslash before a bar would be read as an escaped backslash, and the bar as the end of the cell.
  if (isCode && inline.code.includes('\\|')) {
    return `<code>${entities(oneLine(inline.code))}</code>`;
  }
  return inCell(renderInline(inline, anchors));
}

function inCell(markdown: string): string {
  return markdown.replaceAll('|', '\\|');
}

function renderInline(inline: Inline, anchors?: ReadonlyMap<string, string>): string {
  if (typeof inline === 'string') return plain(inline);
  if ('code' in inline) return codeSpan(inline.code);
  if ('strong' in inline) return `**${plain(inline.strong)}**`;
  if ('status' in inline) return `${SIGNS[inline.status]} ${plain(inline.text)}`;
  return `[${plain(inline.text)}](#${anchors?.get(inline.link) ?? inline.link})`;
}

/** Escapes what would be markup, but not underscores within words, which are none. */
function plain(text: string): string {
  return oneLine(text)
    .replaceAll(/[\\`*[\]~]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/** Keeps a paragraph from being read as a heading or a list. */
function atLineStart(markdown: string): string {
  return markdown.replace(/^(\s*)([#+=-])/, '$1\\$2').replace(/^(\s*\d+)([.)])/, '$1\\$2');
}

function codeSpan(text: string): string {
  const line = oneLine(text);
  if (line === '') return '–';
  const fence = '`'.repeat(longestRun(line) + 1);
  const padding = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${padding}${line}${padding}${fence}`;
}

function fenced(text: string): string {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}sql\n${visible(text).trimEnd()}\n${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}

function oneLine(text: string): string {
  return visible(text.replaceAll(/\s+/g, ' ').trim() === '' ? '' : text.replaceAll(/\s+/g, ' '));
}

function entities(text: string): string {
  return text.replaceAll(/[&<>|\\`*_[\]~]/g, (character) => `&#${character.charCodeAt(0)};`);
}
