import type { KeysetOrder } from '../../shared/keyset.js';
import type { PageRequest } from '../../shared/page.js';
import { taskCondition } from './task.filter.js';
import type { TaskFilter } from './task.input.js';
import { TASK_ORDERS, type TaskOrder } from './task.order.js';
import type { TaskCondition, TaskRow } from './task.store.js';

/** A list of tasks as asked for, checked and ready for the store. */
export interface TaskList {
  /** What the list was made of: two lists with the same arguments are the same list. */
  args: readonly [TaskFilter | null, TaskOrder, PageRequest];
  condition: TaskCondition;
  order: KeysetOrder;
  request: PageRequest;
  keyOf: (task: TaskRow) => Date | string | number | null;
}

/** @throws BAD_USER_INPUT for malformed ids and filters nested too deep */
export function taskList(
  filter: TaskFilter | null | undefined,
  orderBy: TaskOrder,
  request: PageRequest,
): TaskList {
  const { keyOf, ...column } = TASK_ORDERS[orderBy.field];
  return {
    args: [filter ?? null, orderBy, request],
    condition: filter ? taskCondition(filter) : null,
    order: {
      ...column,
      name: orderBy.field,
      idColumn: 'tasks.id',
      direction: orderBy.direction,
    },
    request,
    keyOf,
  };
}
