/**
 * What the report says, block by block, without how it looks. The sections make it; Markdown and HTML
 * are its two renderings, which know nothing of databases.
 */
export interface ReportDocument {
  title: string;
  /** What somebody who reads no further has to know. */
  lead: Block[];
  /** What the report is about. */
  facts: Fact[];
  sections: Section[];
}

export interface Section {
  /** Lower-case letters and hyphens; links lead here. */
  id: string;
  title: string;
  blocks: Block[];
}

export type Block =
  | { kind: 'heading'; text: Text }
  | { kind: 'paragraph'; text: Text }
  | { kind: 'list'; items: Text[] }
  | { kind: 'facts'; facts: Fact[] }
  | TableBlock
  | { kind: 'code'; caption: string; text: string }
  /** What the reader must not miss. */
  | { kind: 'callout'; tone: Tone; title: string; text: Text };

export interface TableBlock {
  kind: 'table';
  caption: string;
  columns: string[];
  /** The first cell of each row is its heading. */
  rows: Text[][];
}

export type Fact = [name: string, value: Text];

/** `good`: as it should be; `bad`: it is not; `open`: nobody has looked, or it is neither. */
export type Tone = 'good' | 'bad' | 'open';

/** One run of text, or several. All of it is plain text: the renderings escape it. */
export type Text = Inline | readonly Inline[];

export type Inline =
  | string
  | { code: string }
  | { strong: string }
  | { status: Tone; text: string }
  /** To a section of this document. */
  | { link: string; text: string };

export const heading = (text: Text): Block => ({ kind: 'heading', text });
export const paragraph = (...text: Inline[]): Block => ({ kind: 'paragraph', text });
export const list = (items: Text[]): Block => ({ kind: 'list', items });
export const facts = (...entries: Fact[]): Block => ({ kind: 'facts', facts: entries });
export const sql = (caption: string, text: string): Block => ({ kind: 'code', caption, text });
export const callout = (tone: Tone, title: string, ...text: Inline[]): Block => ({
  kind: 'callout',
  tone,
  title,
  text,
});
export const table = (caption: string, columns: string[], rows: Text[][]): Block => ({
  kind: 'table',
  caption,
  columns,
  rows,
});

export const code = (text: string): Inline => ({ code: text });
export const strong = (text: string): Inline => ({ strong: text });
export const good = (text: string): Inline => ({ status: 'good', text });
export const bad = (text: string): Inline => ({ status: 'bad', text });
export const open = (text: string): Inline => ({ status: 'open', text });
export const link = (section: string, text: string): Inline => ({ link: section, text });

/** `good` when it is as it should be, else `bad`. */
export const verdict = (isGood: boolean, ifGood: string, ifBad: string): Inline =>
  isGood ? good(ifGood) : bad(ifBad);

/** Each as code, with commas between them. */
export function codes(texts: readonly string[]): Inline[] {
  if (texts.length === 0) return ['–'];
  return texts.flatMap((text, index) => (index === 0 ? [code(text)] : [', ', code(text)]));
}

/** `2026-11-21 15:49 UTC` */
export function moment(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
