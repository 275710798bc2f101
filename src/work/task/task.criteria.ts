import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Value } from '../../shared/statements/index.js';

/** Which tasks, checked and ready for a statement. All that is there must hold. */
export interface TaskCriteria {
  projectId?: Value<string>;
  assigneeId?: Value<string>;
  unassigned?: boolean;
  status?: Value<readonly string[]>;
  completed?: Value<boolean>;
  minPriority?: Value<number>;
  maxPriority?: Value<number>;
  dueBefore?: Value<Date>;
  dueAfter?: Value<Date>;
  createdAfter?: Value<Date>;
  text?: Value<string>;
  and?: TaskCriteria[];
  or?: TaskCriteria[];
  not?: TaskCriteria;
}

/** The SQL of criteria, over the table `tasks`. */
export function taskCondition(criteria: TaskCriteria): RawBuilder<SqlBool> {
  const conditions: RawBuilder<SqlBool>[] = [];
  const add = (condition: RawBuilder<SqlBool>) => conditions.push(condition);
  const { projectId, assigneeId, unassigned, status, completed, text, and, or, not } = criteria;
  const { minPriority, maxPriority, dueBefore, dueAfter, createdAfter } = criteria;
  if (projectId) add(sql`tasks.project_id = ${projectId}::uuid`);
  if (assigneeId) add(sql`tasks.assignee_id = ${assigneeId}::uuid`);
  if (unassigned === true) add(sql`tasks.assignee_id IS NULL`);
  if (unassigned === false) add(sql`tasks.assignee_id IS NOT NULL`);
  if (status) add(sql`tasks.status = ANY(${status}::text[])`);
  if (completed) add(sql`tasks.completed = ${completed}::boolean`);
  if (minPriority) add(sql`tasks.priority >= ${minPriority}::smallint`);
  if (maxPriority) add(sql`tasks.priority <= ${maxPriority}::smallint`);
  if (dueBefore) add(sql`tasks.due_at < ${dueBefore}::timestamptz`);
  if (dueAfter) add(sql`tasks.due_at >= ${dueAfter}::timestamptz`);
  if (createdAfter) add(sql`tasks.created_at >= ${createdAfter}::timestamptz`);
  if (text) add(sql`tasks.search @@ (SELECT websearch_to_tsquery('english', ${text}))`);
  if (and) conditions.push(...and.map(taskCondition));
  if (or) add(anyOf(or.map(taskCondition)));
  // A comparison with a missing value is neither true nor false; its opposite must be true.
  if (not) add(sql`(${taskCondition(not)}) IS NOT TRUE`);
  return allOf(conditions);
}

function allOf(conditions: RawBuilder<SqlBool>[]): RawBuilder<SqlBool> {
  if (conditions.length === 0) return sql`true`;
  return sql`(${sql.join(conditions, sql` AND `)})`;
}

function anyOf(conditions: RawBuilder<SqlBool>[]): RawBuilder<SqlBool> {
  if (conditions.length === 0) return sql`false`;
  return sql`(${sql.join(conditions, sql` OR `)})`;
}
