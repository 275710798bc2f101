import type { TaskAnswer, TaskPage } from '../../calls.ts';
import { encodeCursor } from './cursor.ts';

type TaskRow = Omit<TaskAnswer, 'createdAt'> & { readonly createdAt: Date };

/** @param rows in order, one more than `first` when there is another page */
export function taskPage(rows: readonly TaskRow[], first: number): TaskPage {
  const tasks = rows
    .slice(0, first)
    .map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }));
  const last = tasks.at(-1);
  return {
    tasks,
    hasNextPage: rows.length > first,
    endCursor: last ? encodeCursor(last) : null,
  };
}
