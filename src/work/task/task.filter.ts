import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { badUserInput, type FieldFault } from '../../shared/errors.js';
import { momentFault, textFault } from '../../shared/graphql/index.js';
import { decodeId, idFault } from '../../shared/ids.js';
import type { TaskFilter } from './task.input.js';

const MAX_DEPTH = 5;
const MAX_FILTERS = 100;

/**
 * The SQL condition that a filter asks for, over the table `tasks`.
 *
 * @throws BAD_USER_INPUT for malformed values, and for filters that are nested deeper than 5 or have
 *   more than 100 filters in them
 */
export function taskCondition(filter: TaskFilter): RawBuilder<SqlBool> {
  let filters = 0;
  const faults: FieldFault[] = [];
  const convert = (part: TaskFilter, path: string, depth: number): RawBuilder<SqlBool> => {
    filters++;
    // Before anything in it is looked at: what a request can hold would keep the process busy.
    if (depth > MAX_DEPTH) throw fault(path, `Filters nest at most ${MAX_DEPTH} deep.`);
    if (filters > MAX_FILTERS) throw fault(path, `At most ${MAX_FILTERS} filters in one.`);
    const nested = (inner: TaskFilter, step: string) =>
      convert(inner, `${path}.${step}`, depth + 1);
    const ownFaults = valueFaults(part, path);
    faults.push(...ownFaults);
    const conditions = ownFaults.length === 0 ? ownConditions(part, path) : [];
    if (part.and != null) {
      conditions.push(...part.and.map((inner, index) => nested(inner, `and.${index}`)));
    }
    if (part.or != null) {
      conditions.push(anyOf(part.or.map((inner, index) => nested(inner, `or.${index}`))));
    }
    if (part.not != null) {
      // A comparison with a missing value is neither true nor false; its opposite must be true.
      conditions.push(sql<SqlBool>`(${nested(part.not, 'not')}) IS NOT TRUE`);
    }
    return allOf(conditions);
  };
  const condition = convert(filter, 'filter', 1);
  if (faults.length > 0) throw badUserInput(faults);
  return condition;
}

function ownConditions(filter: TaskFilter, path: string): RawBuilder<SqlBool>[] {
  const conditions: RawBuilder<SqlBool>[] = [];
  const add = (condition: RawBuilder<SqlBool>) => conditions.push(condition);
  if (filter.projectId != null) {
    const id = decodeId('proj', filter.projectId, `${path}.projectId`);
    add(sql`tasks.project_id = ${id}::uuid`);
  }
  if (filter.assigneeId != null) {
    const id = decodeId('user', filter.assigneeId, `${path}.assigneeId`);
    add(sql`tasks.assignee_id = ${id}::uuid`);
  }
  if (filter.unassigned != null) {
    add(filter.unassigned ? sql`tasks.assignee_id IS NULL` : sql`tasks.assignee_id IS NOT NULL`);
  }
  if (filter.status != null) add(sql`tasks.status = ANY(${filter.status}::text[])`);
  if (filter.completed != null) add(sql`tasks.completed = ${filter.completed}`);
  if (filter.priority?.min != null) add(sql`tasks.priority >= ${filter.priority.min}::smallint`);
  if (filter.priority?.max != null) add(sql`tasks.priority <= ${filter.priority.max}::smallint`);
  if (filter.dueBefore != null) add(sql`tasks.due_at < ${filter.dueBefore}::timestamptz`);
  if (filter.dueAfter != null) add(sql`tasks.due_at >= ${filter.dueAfter}::timestamptz`);
  if (filter.createdAfter != null)
    add(sql`tasks.created_at >= ${filter.createdAfter}::timestamptz`);
  if (filter.text != null) {
    add(sql`tasks.search @@ (SELECT websearch_to_tsquery('english', ${filter.text}))`);
  }
  return conditions;
}

function valueFaults(filter: TaskFilter, path: string): FieldFault[] {
  return Object.entries({
    projectId: idFault('proj', filter.projectId),
    assigneeId: idFault('user', filter.assigneeId),
    dueBefore: momentFault(filter.dueBefore),
    dueAfter: momentFault(filter.dueAfter),
    createdAfter: momentFault(filter.createdAfter),
    text: textFault(filter.text, { min: 1, max: 200 }),
  }).flatMap(([field, message]) => (message ? [{ path: `${path}.${field}`, message }] : []));
}

function fault(path: string, message: string) {
  return badUserInput([{ path, message }]);
}

function allOf(conditions: RawBuilder<SqlBool>[]): RawBuilder<SqlBool> {
  if (conditions.length === 0) return sql`true`;
  return sql`(${sql.join(conditions, sql` AND `)})`;
}

function anyOf(conditions: RawBuilder<SqlBool>[]): RawBuilder<SqlBool> {
  if (conditions.length === 0) return sql`false`;
  return sql`(${sql.join(conditions, sql` OR `)})`;
}
