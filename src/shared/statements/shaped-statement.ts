import type { CompiledQuery } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Statement } from './statement.js';

/** Shapes of one statement that are kept; one that comes less often than all these is built anew. */
const MOST_SHAPES = 200;

/** Beyond this a shape is as dear to keep as to build: a filter of a hundred filters. */
const LONGEST_KEY = 2_000;

/**
 * A value that becomes a parameter of a statement. Nobody who builds the statement can look at it, so
 * that the text cannot depend on it.
 */
export class Value<T> {
  readonly #content: T;

  constructor(content: T) {
    this.#content = content;
  }

  static contentOf<T>(value: Value<T>): T {
    return value.#content;
  }
}

/** Marks what varies from use to use without changing the text of the statement. */
export function value<T>(content: T): Value<T> {
  return new Value(content);
}

/** An object each of whose properties is marked as a value, if it is there. */
export type Marked<T> = { [Key in keyof T]?: Value<Exclude<T[Key], undefined>> };

/** Marks every property that is there; one that holds null is. */
export function markEach<T extends object>(object: T): Marked<T> {
  const marked: Record<string, Value<unknown>> = {};
  for (const [key, content] of Object.entries(object)) {
    if (content !== undefined) marked[key] = new Value(content);
  }
  return marked as Marked<T>;
}

/**
 * A statement whose text depends on what is asked for, such as a list with its filter and order: built and
 * type-checked like any other, but once for each shape. For a list, building it takes longer than all that
 * the database does for it takes to send.
 *
 * The shape is all of `params` but what is in a `value`: which properties are there, in which order, and
 * what they hold. What is not marked still gives the right statement, only a shape of its own.
 *
 * @param build writes the statement; gets `params` as they are and puts each `Value` where its content
 *   is to stand, as in `` sql`tasks.id = ${of.id}::uuid` ``
 * @returns the statement with the values of one request
 */
export function shapedStatement<Params extends object, Row>(
  build: (params: Params) => CompiledQuery<Row>,
): (params: Params) => Statement<Row> {
  const templates = new LRUCache<string, Template<Row>>({ max: MOST_SHAPES });
  return (params) => {
    const values: Value<unknown>[] = [];
    const key = shapeOf(params, values);
    const known = templates.get(key);
    if (known) return known.with(values);
    const template = new Template(build(params), values);
    if (key.length <= LONGEST_KEY) templates.set(key, template);
    return template.with(values);
  };
}

class Template<Row> {
  readonly #sql: string;
  /** For each parameter its place among the values, or what it is at each use. */
  readonly #parameters: readonly (number | { readonly constant: unknown })[];

  /** Keeps nothing of `compiled` that holds a value: it is one request's. */
  constructor({ sql, parameters }: CompiledQuery<Row>, values: readonly Value<unknown>[]) {
    this.#sql = sql;
    this.#parameters = parameters.map((each) =>
      each instanceof Value ? values.indexOf(each) : { constant: each },
    );
  }

  with(values: readonly Value<unknown>[]): Statement<Row> {
    const parameters = this.#parameters.map((each) =>
      typeof each === 'number' ? Value.contentOf(values[each] as Value<unknown>) : each.constant,
    );
    return { sql: this.#sql, parameters };
  }
}

/** @param values gets what is marked, in the order in which it stands in `part` */
function shapeOf(part: unknown, values: Value<unknown>[]): string {
  if (part instanceof Value) {
    values.push(part);
    return '?';
  }
  if (typeof part === 'string') return JSON.stringify(part);
  if (typeof part !== 'object' || part === null) return String(part);
  if (Array.isArray(part)) {
    let shape = '[';
    for (const each of part) shape += `${shapeOf(each, values)},`;
    return `${shape}]`;
  }
  let shape = '{';
  for (const key in part) {
    const inner = (part as Record<string, unknown>)[key];
    if (inner !== undefined) shape += `${key}:${shapeOf(inner, values)},`;
  }
  return `${shape}}`;
}
