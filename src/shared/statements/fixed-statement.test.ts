import { describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { query } from '../../tenancy/index.js';
import { fixedStatement } from './fixed-statement.js';

describe('a fixed statement', () => {
  const ofProject = fixedStatement('test.of-project', (of: { orgId: string; ids: string[] }) =>
    query
      .selectFrom('tasks')
      .select('title')
      .where('org_id', '=', of.orgId)
      .where('project_id', '=', sql<string>`ANY(${of.ids}::uuid[])`)
      .where('status', '=', 'pending')
      .compile(),
  );

  it('is what the builder writes, with the values of each use', () => {
    const written = query
      .selectFrom('tasks')
      .select('title')
      .where('org_id', '=', 'a')
      .where('project_id', '=', sql<string>`ANY(${['b', 'c']}::uuid[])`)
      .where('status', '=', 'pending')
      .compile();
    const { sql: text, parameters, name } = ofProject({ orgId: 'a', ids: ['b', 'c'] });
    expect({ text, parameters }).toEqual({ text: written.sql, parameters: written.parameters });
    expect(name).toBe('test.of-project');
    expect(ofProject({ orgId: 'd', ids: [] }).parameters).toEqual(['d', [], 'pending']);
  });

  it('is built once', () => {
    let built = 0;
    const counted = fixedStatement('test.counted', (of: { id: string }) => {
      built++;
      return query.selectFrom('tasks').select('title').where('id', '=', of.id).compile();
    });
    counted({ id: 'a' });
    counted({ id: 'b' });
    expect(built).toBe(1);
  });

  it('refuses a parameter that decides on the text instead of standing in it', () => {
    const varying = fixedStatement('test.varying', (of: { id: string; deleted: boolean }) =>
      query
        .selectFrom('tasks')
        .select('title')
        .where('id', '=', of.id)
        .where('deleted_at', of.deleted ? 'is not' : 'is', null)
        .compile(),
    );
    expect(() => varying({ id: 'a', deleted: true })).toThrow(/test\.varying: deleted/);
  });
});
