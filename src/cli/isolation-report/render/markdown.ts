import type { Block, Fact, Inline, ReportDocument, Section, Text, Tone } from '../document.js';
import { runs, visible } from './text.js';

const SIGNS: Record<Tone, string> = { good: '✓', bad: '✗', open: '–' };

/** The report in GitHub Flavored Markdown (https://github.github.com/gfm/). */
export function renderMarkdown({ title, lead, facts, sections }: ReportDocument): string {
  const anchors = new Map(sections.map((section) => [section.id, anchor(section)]));
  const contents = sections.map((section) => `- [${plain(section.title)}](#${anchor(section)})`);
  const parts = [
    `# ${plain(title)}`,
    ...lead.map((block) => renderBlock(block, anchors)),
    factTable(facts, anchors),
    `## Contents\n\n${contents.join('\n')}`,
    ...sections.flatMap((section) => [
      `## ${plain(section.title)}`,
      ...section.blocks.map((block) => renderBlock(block, anchors)),
    ]),
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

/** Ids of sections, and what GitHub makes of their titles. */
type Anchors = ReadonlyMap<string, string>;

function renderBlock(block: Block, anchors: Anchors): string {
  const prose = (text: Text) => atLineStart(inlines(text, (one) => renderInline(one, anchors)));
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

function factTable(facts: readonly Fact[], anchors: Anchors): string {
  return tableOf(
    ['', ''],
    facts.map(([name, value]) => [name, value]),
    anchors,
  );
}

function tableOf(
  columns: readonly string[],
  rows: readonly (readonly Text[])[],
  anchors: Anchors,
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const cell = (text: Text) => inlines(text, (one) => renderInCell(one, anchors));
  return [
    line(columns.map((column) => inCell(plain(column)))),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(row.map(cell))),
  ].join('\n');
}

function renderInCell(inline: Inline, anchors: Anchors): string {
  const isCode = typeof inline !== 'string' && 'code' in inline;
  // A backslash before a bar would be read as an escaped backslash, and the bar as the end of the cell.
  if (isCode && inline.code.includes('\\|')) {
    return `<code>${entities(oneLine(inline.code))}</code>`;
  }
  return inCell(renderInline(inline, anchors));
}

function inlines(text: Text, render: (inline: Inline) => string): string {
  return runs(text).map(render).join('');
}

function inCell(markdown: string): string {
  return markdown.replaceAll('|', '\\|');
}

function renderInline(inline: Inline, anchors: Anchors): string {
  if (typeof inline === 'string') return plain(inline);
  if ('code' in inline) return codeSpan(inline.code);
  if ('strong' in inline) return `**${plain(inline.strong)}**`;
  if ('status' in inline) return `${SIGNS[inline.status]} ${plain(inline.text)}`;
  return `[${plain(inline.text)}](#${anchors.get(inline.link) ?? inline.link})`;
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
  if (line.trim() === '') return '–';
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
  return visible(text.replaceAll(/\s+/g, ' '));
}

function entities(text: string): string {
  return text.replaceAll(/[&<>|\\`*_[\]~]/g, (character) => `&#${character.charCodeAt(0)};`);
}
