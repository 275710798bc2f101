import { encodeId, tryDecodeId } from '../../../src/shared/ids.js';
import { ROW_KINDS, type RowKind } from './step.js';

/** What one organization has been shown while a program ran: its own ids, versions and cursors. */
export class Perspective {
  readonly #rows = new Map(ROW_KINDS.map((kind) => [kind as string, [] as string[]]));
  readonly #versions = new Map<string, number>();
  readonly #cursors: string[] = [];
  /** UUIDs in the order in which they were first shown. */
  readonly #numbers = new Map<string, number>();

  /** @param marker the word that every text of the organization begins with */
  constructor(readonly marker: string) {}

  /** The n-th row of a kind, counted around; undefined while there is none. */
  row(kind: RowKind, index: number): string | undefined {
    return at(this.#rows.get(kind) ?? [], index);
  }

  /** The version at which a row was last shown; 1 for one that never was. */
  version(id: string): number {
    return this.#versions.get(id) ?? 1;
  }

  cursor(index: number): string | undefined {
    return at(this.#cursors, index);
  }

  /**
   * A cursor whose place somebody else can name as well, with the same answer: it is one among texts,
   * which begin with the marker. Times and ids depend on when the program ran.
   */
  cursorForOthers(index: number): string | undefined {
    return at(
      this.#cursors.filter((cursor) => decode(cursor)?.[1]?.toString().startsWith(this.marker)),
      index,
    );
  }

  /**
   * Takes note of what an answer shows, and gives it back without what differs from run to run: an id
   * becomes the number of its first appearance, a time of writing becomes a word.
   *
   * @param given ids and cursors of others that the request has named; they stay as they are
   */
  see(answer: unknown, given: ReadonlySet<unknown>): unknown {
    return this.#see(answer, given, '');
  }

  #see(value: unknown, given: ReadonlySet<unknown>, key: string): unknown {
    if (given.has(value)) return value;
    if (Array.isArray(value)) return value.map((item) => this.#see(item, given, key));
    if (typeof value === 'object' && value !== null) return this.#seeObject(value, given);
    if (typeof value !== 'string') return value;
    if (MOMENT.test(key)) return 'a time';
    if (/cursor$/i.test(key)) return this.#seeCursor(value, given);
    const prefix = tryDecodeId(value)?.prefix;
    if (prefix !== undefined) return this.#seeId(prefix, value);
    return UUID.test(value) ? `#${this.#number(value)}` : value;
  }

  #seeObject(value: object, given: ReadonlySet<unknown>): object {
    const { id, version } = value as { id?: unknown; version?: unknown };
    if (typeof id === 'string' && typeof version === 'number') this.#versions.set(id, version);
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, this.#see(inner, given, key)]),
    );
  }

  #seeId(prefix: string, id: string): string {
    const uuid = tryDecodeId(id)?.uuid ?? '';
    if (!this.#numbers.has(uuid)) this.#rows.get(prefix)?.push(id);
    return `${prefix} #${this.#number(uuid)}`;
  }

  #seeCursor(cursor: string, given: ReadonlySet<unknown>): unknown {
    const [order, key, id] = decode(cursor) ?? [];
    if (!this.#cursors.includes(cursor)) this.#cursors.push(cursor);
    return [
      order,
      /_AT$/.test(order) && order !== 'DUE_AT' ? 'a time' : key,
      this.#see(id, given, 'id'),
    ];
  }

  #number(uuid: string): number {
    const known = this.#numbers.get(uuid) ?? this.#numbers.size + 1;
    this.#numbers.set(uuid, known);
    return known;
  }
}

/** What depends on when the program runs; what is due does not. */
const MOMENT =
  /^((created|updated|deleted|placed|paid|cancelled|shipped|delivered|refunded|ordered|added|occurred|started|expires)(At|_at)|renewableUntil|renewable_until|lowSince|low_since|day)$/;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** An id of this kind that nothing has, the same in every run. */
export function absentId(kind: RowKind): string {
  return encodeId(kind, '00000000-0000-7000-8000-000000000000');
}

function at<T>(items: readonly T[], index: number): T | undefined {
  return items.length === 0 ? undefined : items[index % items.length];
}

// biome-ignore lint/suspicious/noExplicitAny: an order, a value of any type and an id.
function decode(cursor: string): any[] | undefined {
  return JSON.parse(Buffer.from(cursor, 'base64url').toString());
}
