import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { badField } from '../../shared/errors.js';
import { openCell } from './guarded-cell.js';
import { isProductColumn, PRODUCT_COLUMNS, type ProductColumn } from './product-columns.js';

/** One product as it stands in the file; nothing of it was looked at. */
export interface FileRow {
  /** From 1, without the header. */
  readonly row: number;
  /** Null for what is empty; nothing for a column that the file, or this row, does not have. */
  readonly values: Partial<Record<ProductColumn, unknown>>;
  /** Why it cannot be read. */
  readonly fault?: RowFault;
}

export interface RowFault {
  /** The column; null for all of the row. */
  readonly field: string | null;
  readonly message: string;
}

/** In UTF-16 units of JSON lines, bytes of CSV: more than any product needs. */
const LONGEST_ROW = 262_144;

const LONGEST_SHOWN = 50;

/**
 * Reads CSV (RFC 4180) with a header.
 *
 * @throws BAD_USER_INPUT when it can be read no further
 */
export async function* csvRows(body: AsyncIterable<Uint8Array>): AsyncGenerator<FileRow> {
  const parser = parse({
    // Any of them, on each line anew: files are put together of others. The longest comes first.
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: LONGEST_ROW,
  });
  // Whatever goes wrong is thrown where the rows are read.
  pipeline(Readable.from(textOf(body)), parser, () => undefined);
  let columns: readonly ProductColumn[] | undefined;
  let row = 0;
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      if (!columns) columns = columnsOf(cells);
      else yield csvRow(++row, columns, cells);
    }
  } catch (error) {
    throw error instanceof CsvError ? badField('body', csvFault(error)) : error;
  }
  if (!columns) throw badField('body', 'The file is empty: it has no header.');
}

/**
 * Reads JSON lines: https://jsonlines.org
 *
 * @throws BAD_USER_INPUT when it can be read no further
 */
export async function* jsonRows(body: AsyncIterable<Uint8Array>): AsyncGenerator<FileRow> {
  let row = 0;
  let rest = '';
  for await (const text of textOf(body)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield jsonRow(++row, line);
    if (rest.length > LONGEST_ROW) throw badField('body', tooLong(row + 1));
  }
  if (rest.trim() !== '') yield jsonRow(++row, rest);
}

/** UTF-8 as text, without a byte order mark. Anything else would be stored as something that was not sent. */
async function* textOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const bytes of body) {
      const text = decoder.decode(bytes, { stream: true });
      if (text !== '') yield text;
    }
    const last = decoder.decode();
    if (last !== '') yield last;
  } catch (error) {
    throw isEncodingFault(error) ? badField('body', 'The file must be UTF-8.') : error;
  }
}

function isEncodingFault(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA';
}

function columnsOf(header: readonly string[]): ProductColumn[] {
  const names = header.map((name) => name.trim());
  const columns = names.filter(isProductColumn);
  const known = `The columns of products are ${PRODUCT_COLUMNS.join(', ')}, separated by commas.`;
  const unknown = names.find((name) => !isProductColumn(name));
  if (unknown !== undefined) throw badField('body', `${shown(unknown)} is no column. ${known}`);
  const twice = columns.find((name, index) => columns.indexOf(name) < index);
  if (twice !== undefined) throw badField('body', `The column ${twice} is there twice.`);
  if (!columns.includes('sku')) throw badField('body', `The column sku is not there. ${known}`);
  return columns;
}

function csvRow(row: number, columns: readonly ProductColumn[], cells: readonly string[]): FileRow {
  const values: FileRow['values'] = {};
  columns.forEach((column, index) => {
    const cell = cells[index] ?? '';
    values[column] = cell === '' ? null : openCell(cell);
  });
  if (cells.length === columns.length) return { row, values };
  const message = `Has ${cells.length} cells; the header has ${columns.length}.`;
  return { row, values, fault: { field: null, message } };
}

function csvFault({ code, records }: CsvError): string {
  // All that it has read, rows that nobody has taken yet and the header included.
  const row = Number(records);
  if (code === 'CSV_MAX_RECORD_SIZE') return tooLong(row);
  return `Row ${row} is no CSV, and what comes behind it cannot be read: look for a quote that is not closed, or not doubled.`;
}

function jsonRow(row: number, line: string): FileRow {
  const parsed = parseObject(line);
  if (!parsed) {
    return {
      row,
      values: {},
      fault: { field: null, message: 'Must be a JSON object on one line.' },
    };
  }
  const unknown = Object.keys(parsed).find((name) => !isProductColumn(name));
  const values = parsed as FileRow['values'];
  if (unknown === undefined) return { row, values };
  return { row, values, fault: { field: shown(unknown), message: 'Products have no such field.' } };
}

function parseObject(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? value : undefined;
  } catch {
    return undefined;
  }
}

function tooLong(row: number): string {
  return `Row ${row} is longer than ${LONGEST_ROW} characters, and what comes behind it is not read.`;
}

function shown(name: string): string {
  return name.length > LONGEST_SHOWN ? `${name.slice(0, LONGEST_SHOWN)}…` : name;
}
