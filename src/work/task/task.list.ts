import type { ListDemand } from '../../shared/graphql/index.js';
import type { PageRequest } from '../../shared/page.js';
import type { ChildListRequest } from '../../tenancy/index.js';
import type { TaskCriteria } from './task.criteria.js';
import { taskCriteria } from './task.filter.js';
import type { TaskFilter } from './task.input.js';
import type { TaskOrder } from './task.order.js';

/** A list of tasks as asked for, checked and ready for the store. */
export type TaskList = ChildListRequest<TaskCriteria | null, TaskOrder['field']>;

/** @throws BAD_USER_INPUT for malformed ids and filters nested too deep */
export function taskList(
  filter: TaskFilter | null | undefined,
  orderBy: TaskOrder,
  request: PageRequest,
  demand: ListDemand,
): TaskList {
  const criteria = filter ? taskCriteria(filter) : null;
  return { filter: filter ?? null, criteria, orderBy, request, demand };
}
