import { tryDecodeId } from '../../../src/shared/ids.js';
import type { AnswerCheck } from '../safe-answer.js';
import type { HttpAnswer } from './http-client.js';
import { type Operation, REFUSED_KINDS, type Write } from './operation.js';
import { nameOf, type Reader } from './reader.js';
import type { Workload } from './workload.js';

/**
 * How a write ended, as far as its client can tell. `unknown`: the client gave up, or was told that
 * the connection was lost while saving.
 */
export type Outcome = 'acknowledged' | 'refused' | 'unknown';

/** One write, and what became of it. */
export interface WriteRecord extends Write {
  outcome: Outcome;
  /** The row as the acknowledgement shows it. */
  row: Row | null;
  /** The request that it was part of. */
  request: number;
  kind: Operation['kind'];
  /** Who has sent it. */
  reader: Reader;
}

/** A task, a project, a product or an order, with the fields that both an answer and the database have. */
export interface Row {
  id: string;
  version: number;
  deletedAt: string | null;
  [field: string]: unknown;
}

const ROW_FIELDS = [
  ...['id', 'version', 'title', 'name', 'description', 'status', 'completed', 'priority'],
  ...['dueAt', 'createdAt', 'updatedAt', 'deletedAt', 'sku', 'active', 'number', 'email'],
  ...['placedAt', 'paidAt', 'shippedAt', 'deliveredAt', 'cancelledAt', 'refundedAt'],
];

const PUBLIC_ID = /\b(?:org|user|proj|task|cat|prod|move|cart|order|oevt|pay)_[0-9a-z]{26}\b/g;
const CURSOR = /"cursor":"([\w-]+)"/g;
const TAG = /\b[a-z]+ #\d+\b/g;

/** Everything that the clients were told, to be held against the database afterwards. */
export class History {
  readonly writes: WriteRecord[] = [];
  /** What is wrong with answers by themselves; empty when nothing is. */
  readonly faults: string[] = [];
  /** The UUIDs of what the answers to somebody showed. */
  readonly shown = new Map<Reader, Set<string>>();
  /** Every tag in an answer. */
  readonly tagsShown = new Set<string>();
  readonly codes = new Map<string, number>();
  /** By id and version, all that was ever shown of it: there can only be one. */
  readonly #states = new Map<string, string>();
  readonly #check: AnswerCheck;
  #requests = 0;

  constructor(check: AnswerCheck) {
    this.#check = check;
  }

  /** @param answer null when the client gave up */
  record(workload: Workload, operation: Operation, answer: HttpAnswer | null) {
    const reader = typeof operation.as === 'string' ? workload.staff : operation.as;
    this.#requests += 1;
    for (const write of operation.writes) {
      this.writes.push({
        ...write,
        ...outcomeOf(write, answer),
        request: this.#requests,
        kind: operation.kind,
        reader,
      });
    }
    if (answer) this.#read(workload, reader, operation, answer);
  }

  /** Takes note of a row, and finds fault when the same version was shown otherwise before. */
  observe(row: Row): void {
    const key = `${row.id} at version ${row.version}`;
    const state = JSON.stringify(ROW_FIELDS.map((field) => row[field]));
    const known = this.#states.get(key);
    if (known === undefined) this.#states.set(key, state);
    else if (known !== state) this.faults.push(`${key} is both ${known} and ${state}`);
  }

  /** When a project has been deleted, by every version of it that was shown. */
  deletionsOf(projectId: string): string[] {
    const deletedAt = ROW_FIELDS.indexOf('deletedAt');
    return [...this.#states]
      .filter(([key]) => key.startsWith(`${projectId} `))
      .flatMap(([, state]) => JSON.parse(state)[deletedAt] ?? []);
  }

  #read(workload: Workload, reader: Reader, operation: Operation, answer: HttpAnswer): void {
    const { text, errors } = answer;
    const cursors = [...text.matchAll(CURSOR)].map(([, cursor = '']) => cursor);
    for (const cursor of cursors) workload.learnCursor(reader, cursor);
    const decoded = cursors.map((cursor) => Buffer.from(cursor, 'base64url').toString());
    const all = [text, ...decoded].join('\n');
    const foreign = reader.foreign.exec(all);
    if (foreign) this.faults.push(`${nameOf(reader)} was shown ${foreign[0]}: ${text}`);
    const ids = idsShown(operation, all);
    this.#noteIds(reader, ids, decoded);
    workload.shop.learnMore(reader, ids, cursors, answer.data);
    const fault = errors ? undefined : operation.fault?.(answer.data);
    if (fault) this.faults.push(`${nameOf(reader)}: ${fault}: ${text}`);
    for (const [tag] of all.matchAll(TAG)) this.tagsShown.add(tag);
    for (const row of rowsIn([answer.data, errors])) {
      this.observe(row);
      workload.learn(row);
      workload.shop.learn(reader, row);
    }
    for (const { extensions } of errors ?? []) {
      this.codes.set(extensions?.code, (this.codes.get(extensions?.code) ?? 0) + 1);
    }
    this.faults.push(...this.#check.faults({ errors }));
    const isMeant = operation.kind === 'invalid' || REFUSED_KINDS.includes(operation.kind);
    if (!isMeant && errors?.some(isUseless)) {
      this.faults.push(`${nameOf(reader)} was refused ${operation.query}: ${text}`);
    }
    if (!errors && answer.status !== 200) this.faults.push(`status ${answer.status}: ${text}`);
  }

  #noteIds(reader: Reader, ids: readonly string[], cursors: string[]): void {
    const shown = this.shown.get(reader) ?? new Set();
    this.shown.set(reader, shown);
    for (const id of ids) {
      const uuid = tryDecodeId(id)?.uuid;
      if (uuid !== undefined) shown.add(uuid);
    }
    for (const cursor of cursors) shown.add(JSON.parse(cursor)[2]);
  }
}

/**
 * The ids in an answer, but for those that the operation names itself: an error gives them back, to whomever. Taken for
 * what the reader has, they would come back to their owner as somebody else's.
 */
function idsShown({ variables }: Operation, text: string): string[] {
  const named = new Set(JSON.stringify(variables).match(PUBLIC_ID));
  return (text.match(PUBLIC_ID) ?? []).filter((id) => !named.has(id));
}

const USELESS = /^(GRAPHQL_.*|FORBIDDEN|UNAUTHENTICATED)$/;

/** Whether an operation was refused whatever it names, so that it tests nothing. */
function isUseless({ extensions }: { extensions: { code: string; limit?: string } }): boolean {
  return extensions.limit !== undefined || USELESS.test(extensions.code);
}

function outcomeOf(
  { alias }: Write,
  answer: HttpAnswer | null,
): Pick<WriteRecord, 'outcome' | 'row'> {
  if (!answer) return { outcome: 'unknown', row: null };
  const { data, errors = [] } = answer;
  const row = data?.[alias] ?? null;
  if (row) return { outcome: 'acknowledged', row };
  const error = errors.find(({ path }) => !path || path[0] === alias);
  if (!error) throw new Error(`Neither a value nor an error for ${alias}: ${answer.text}`);
  const { code, retryable } = error.extensions;
  const unknown = code === 'UNAVAILABLE' && retryable === false;
  return { outcome: unknown ? 'unknown' : 'refused', row: null };
}

/** Every row with a version in an answer, however deep. */
function* rowsIn(value: unknown): Generator<Row> {
  if (typeof value !== 'object' || value === null) return;
  const row = value as Row;
  if (typeof row.id === 'string' && typeof row.version === 'number') yield row;
  for (const inner of Object.values(value)) yield* rowsIn(inner);
}
