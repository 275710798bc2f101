import DataLoader from 'dataloader';
import type { RequestContext } from '../../identity/index.js';
import { ProjectStore, type TaskCountsRow } from './project.store.js';

const store = new ProjectStore();
const NONE: TaskCountsRow = { total: 0, pending: 0, inProgress: 0, completed: 0, overdue: 0 };

/** Task counts of many projects in one statement. */
export class TaskCountsLoader {
  readonly ofProject: DataLoader<string, TaskCountsRow>;

  constructor(ctx: RequestContext) {
    this.ofProject = new DataLoader(async (projectIds) => {
      const rows = await store.taskCounts(ctx.tx, projectIds);
      const counts = new Map(rows.map((row) => [row.projectId, row]));
      return projectIds.map((id) => counts.get(id) ?? NONE);
    });
  }
}
