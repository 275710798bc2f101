import { describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { query } from '../../tenancy/index.js';
import { markEach, shapedStatement, type Value, value } from './index.js';

interface Asked {
  orgId: Value<string>;
  criteria: { title?: Value<string>; done?: boolean; any?: { id: Value<string> }[] };
}

function counting() {
  let built = 0;
  const statement = shapedStatement(({ orgId, criteria: { title, done, any } }: Asked) => {
    built++;
    let tasks = query
      .selectFrom('tasks')
      .select('title')
      .where('org_id', '=', sql<string>`${orgId}`);
    if (title) tasks = tasks.where('title', '=', sql<string>`${title}`);
    if (done !== undefined) tasks = tasks.where('completed', done ? 'is' : 'is not', true);
    for (const { id } of any ?? []) tasks = tasks.where('id', '!=', sql<string>`${id}`);
    return tasks.where('status', '=', 'pending').compile();
  });
  return { statement, built: () => built };
}

describe('a shaped statement', () => {
  it('has the values of each use where the builder put them', () => {
    const { statement } = counting();
    const of = (title: string) => ({ orgId: value('org'), criteria: { title: value(title) } });
    const first = statement(of('a'));
    expect(first.sql).toBe(
      'select "title" from "tasks" where "org_id" = $1 and "title" = $2 and "status" = $3',
    );
    expect(first.parameters).toEqual(['org', 'a', 'pending']);
    expect(statement(of('b'))).toEqual({ ...first, parameters: ['org', 'b', 'pending'] });
  });

  it('is built once for a shape, whatever its values', () => {
    const { statement, built } = counting();
    for (const org of ['a', 'b', 'c']) {
      statement({ orgId: value(org), criteria: { title: value(org), any: [{ id: value(org) }] } });
    }
    expect(built()).toBe(1);
  });

  it.each<[string, Asked['criteria']]>([
    ['a property more', { title: value('a'), done: true }],
    ['other content', { title: value('a'), done: false }],
    ['an item more', { title: value('a'), done: false, any: [{ id: value('a') }] }],
    ['the same items again', { title: value('a'), any: [{ id: value('a') }, { id: value('a') }] }],
  ])('is built anew for %s', (_what, criteria) => {
    const { statement, built } = counting();
    const known = statement({ orgId: value('a'), criteria: { title: value('a') } });
    expect(statement({ orgId: value('a'), criteria }).sql).not.toBe(known.sql);
    expect(built()).toBe(2);
  });

  it('takes a property that is undefined for one that is not there', () => {
    const { statement, built } = counting();
    statement({ orgId: value('a'), criteria: {} });
    statement({ orgId: value('a'), criteria: { done: undefined } as object });
    expect(built()).toBe(1);
  });

  it('uses a value as often as it stands in the text', () => {
    const twice = shapedStatement((of: { text: Value<string> }) =>
      sql`SELECT ${of.text}::text, ${of.text}::text`.compile(query),
    );
    twice({ text: value('a') });
    expect(twice({ text: value('b') }).parameters).toEqual(['b', 'b']);
  });

  it('keeps nothing of the request that it was built for', () => {
    const statement = shapedStatement((of: { id: Value<string> }) =>
      sql`SELECT ${of.id}::uuid`.compile(query),
    );
    statement({ id: value('of the first') });
    const later = statement({ id: value('of the second') });
    expect(Object.keys(later).sort()).toEqual(['parameters', 'sql']);
  });

  it('still gives the right statement for what is not marked', () => {
    const statement = shapedStatement((of: { id: string }) =>
      query.selectFrom('tasks').select('title').where('id', '=', of.id).compile(),
    );
    expect(statement({ id: 'a"b' }).parameters).toEqual(['a"b']);
    expect(statement({ id: 'c' }).parameters).toEqual(['c']);
  });

  it('tells shapes apart whose content looks like their structure', () => {
    const statement = shapedStatement((of: { a?: string; b?: string }) =>
      sql`SELECT ${of.a ?? 'none'}, ${of.b ?? 'none'}`.compile(query),
    );
    expect(statement({ a: 'x",b:"y' }).parameters).toEqual(['x",b:"y', 'none']);
    expect(statement({ a: 'x', b: 'y' }).parameters).toEqual(['x', 'y']);
  });
});

describe('marking each property', () => {
  it('keeps null and leaves out undefined', () => {
    const statement = shapedStatement((of: { changes: ReturnType<typeof markEach> }) =>
      sql`SELECT ${sql.join(Object.values(of.changes).map((each) => sql`${each}`))}`.compile(query),
    );
    const { parameters } = statement({ changes: markEach({ a: 1, b: null, c: undefined }) });
    expect(parameters).toEqual([1, null]);
  });
});
