import { type KeysetOrder, type KeysetPage, keysetPage } from '../../shared/keyset.js';
import type { PageRequest } from '../../shared/page.js';
import type { TaskCriteria } from './task.criteria.js';
import { taskCriteria } from './task.filter.js';
import type { TaskFilter } from './task.input.js';
import { TASK_ORDERS, type TaskOrder } from './task.order.js';
import type { TaskRow } from './task.store.js';

/** A list of tasks as asked for, checked and ready for the store. */
export interface TaskList {
  /** What the list was made of: two lists with the same arguments are the same list. */
  args: readonly [TaskFilter | null, TaskOrder, PageRequest];
  /** Null for all that are not deleted. */
  criteria: TaskCriteria | null;
  order: KeysetOrder;
  request: PageRequest;
  page: KeysetPage;
  keyOf: (task: TaskRow) => Date | string | number | null;
}

/** @throws BAD_USER_INPUT for malformed ids, cursors of other lists and filters nested too deep */
export function taskList(
  filter: TaskFilter | null | undefined,
  orderBy: TaskOrder,
  request: PageRequest,
): TaskList {
  const { keyOf, ...column } = TASK_ORDERS[orderBy.field];
  const order: KeysetOrder = {
    ...column,
    name: orderBy.field,
    idColumn: 'tasks.id',
    direction: orderBy.direction,
  };
  return {
    args: [filter ?? null, orderBy, request],
    criteria: filter ? taskCriteria(filter) : null,
    order,
    request,
    page: keysetPage(order, request),
    keyOf,
  };
}
