import { badField, badUserInput, type FieldFault } from '../../shared/errors.js';
import { momentFault, textFault } from '../../shared/graphql/index.js';
import { decodeId, idFault } from '../../shared/ids.js';
import { value } from '../../shared/statements/index.js';
import type { TaskCriteria } from './task.criteria.js';
import type { TaskFilter } from './task.input.js';

const MAX_DEPTH = 5;
const MAX_FILTERS = 100;

/**
 * Checks a filter.
 *
 * @throws BAD_USER_INPUT for malformed values, and for filters that are nested deeper than 5 or have
 *   more than 100 filters in them
 */
export function taskCriteria(filter: TaskFilter): TaskCriteria {
  let filters = 0;
  const faults: FieldFault[] = [];
  const convert = (part: TaskFilter, path: string, depth: number): TaskCriteria => {
    filters++;
    // Before anything in it is looked at: what a request can hold would keep the process busy.
    if (depth > MAX_DEPTH) throw badField(path, `Filters nest at most ${MAX_DEPTH} deep.`);
    if (filters > MAX_FILTERS) throw badField(path, `At most ${MAX_FILTERS} filters in one.`);
    const nested = (inner: TaskFilter, step: string) =>
      convert(inner, `${path}.${step}`, depth + 1);
    const ownFaults = valueFaults(part, path);
    faults.push(...ownFaults);
    const criteria = ownFaults.length === 0 ? ownCriteria(part, path) : {};
    if (part.and != null) {
      criteria.and = part.and.map((inner, index) => nested(inner, `and.${index}`));
    }
    if (part.or != null) {
      criteria.or = part.or.map((inner, index) => nested(inner, `or.${index}`));
    }
    if (part.not != null) criteria.not = nested(part.not, 'not');
    return criteria;
  };
  const criteria = convert(filter, 'filter', 1);
  if (faults.length > 0) throw badUserInput(faults);
  return criteria;
}

function ownCriteria(filter: TaskFilter, path: string): TaskCriteria {
  const criteria: TaskCriteria = {};
  const { projectId, assigneeId, unassigned, status, completed, priority, text } = filter;
  const { dueBefore, dueAfter, createdAfter } = filter;
  if (projectId != null) {
    criteria.projectId = value(decodeId('proj', projectId, `${path}.projectId`));
  }
  if (assigneeId != null) {
    criteria.assigneeId = value(decodeId('user', assigneeId, `${path}.assigneeId`));
  }
  if (unassigned != null) criteria.unassigned = unassigned;
  if (status != null) criteria.status = value(status);
  if (completed != null) criteria.completed = value(completed);
  if (priority?.min != null) criteria.minPriority = value(priority.min);
  if (priority?.max != null) criteria.maxPriority = value(priority.max);
  if (dueBefore != null) criteria.dueBefore = value(dueBefore);
  if (dueAfter != null) criteria.dueAfter = value(dueAfter);
  if (createdAfter != null) criteria.createdAfter = value(createdAfter);
  if (text != null) criteria.text = value(text);
  return criteria;
}

function valueFaults(filter: TaskFilter, path: string): FieldFault[] {
  const faults: FieldFault[] = [];
  const check = (field: keyof TaskFilter, message: string | null) => {
    if (message !== null) faults.push({ path: `${path}.${field}`, message });
  };
  check('projectId', idFault('proj', filter.projectId));
  check('assigneeId', idFault('user', filter.assigneeId));
  check('dueBefore', momentFault(filter.dueBefore));
  check('dueAfter', momentFault(filter.dueAfter));
  check('createdAfter', momentFault(filter.createdAfter));
  check('text', textFault(filter.text, { min: 1, max: 200 }));
  return faults;
}
