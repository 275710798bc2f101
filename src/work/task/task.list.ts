import { demanded, type ListDemand } from '../../shared/graphql/index.js';
import { type KeysetOrder, keysetPage } from '../../shared/keyset.js';
import type { PageRequest } from '../../shared/page.js';
import { taskCriteria } from './task.filter.js';
import type { TaskFilter } from './task.input.js';
import { TASK_ORDERS, type TaskOrder } from './task.order.js';
import { type ListedTask, TASK_COLUMNS_ON_DEMAND, type TaskListing } from './task.store.js';

/** A list of tasks as asked for, checked and ready for the store. */
export interface TaskList {
  /** What the list was made of: two lists with the same are the same list. */
  key: readonly [TaskFilter | null, TaskOrder, PageRequest, TaskListing['columns']];
  order: KeysetOrder;
  request: PageRequest;
  listing: TaskListing;
  keyOf: (task: ListedTask) => Date | string | number | null | undefined;
}

/** @throws BAD_USER_INPUT for malformed ids, cursors of other lists and filters nested too deep */
export function taskList(
  filter: TaskFilter | null | undefined,
  orderBy: TaskOrder,
  request: PageRequest,
  demand: ListDemand,
): TaskList {
  const { property, ...column } = TASK_ORDERS[orderBy.field];
  const order: KeysetOrder = {
    ...column,
    name: orderBy.field,
    idColumn: 'tasks.id',
    direction: orderBy.direction,
  };
  const columns = demanded(TASK_COLUMNS_ON_DEMAND, demand, property);
  return {
    key: [filter ?? null, orderBy, request, columns],
    order,
    request,
    listing: {
      criteria: filter ? taskCriteria(filter) : null,
      columns,
      page: keysetPage(order, request),
    },
    keyOf: (task) => task[property],
  };
}
