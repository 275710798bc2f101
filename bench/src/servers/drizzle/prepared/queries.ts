import { type Placeholder, sql } from 'drizzle-orm';
import {
  findNestedProjects,
  insertTask,
  searchTasks,
  selectProject,
  selectTasks,
  type TaskList,
  updateTask,
} from '../queries.ts';
import type { Database } from '../transaction.ts';

/** Every query of the endpoints, prepared. */
export type PreparedQueries = ReturnType<typeof prepareQueries>;

const { placeholder } = sql;
const ID = placeholder('id');
const PROJECT_ID = placeholder('projectId');
const TITLE = placeholder('title');
const AFTER = { createdAt: placeholder('createdAt'), id: placeholder('afterId') };

export function prepareQueries(db: Database) {
  return {
    project: selectProject(db, ID).prepare('project'),
    tasks: prepareList(db, 'tasks', null, null),
    tasksAfter: prepareList(db, 'tasks_after', null, AFTER),
    tasksOfProject: prepareList(db, 'tasks_of_project', PROJECT_ID, null),
    tasksOfProjectAfter: prepareList(db, 'tasks_of_project_after', PROJECT_ID, AFTER),
    nestedProjects: findNestedProjects(db).prepare('nested_projects'),
    updateTask: updateTask(db, {
      id: ID,
      version: placeholder('version'),
      title: sql`${TITLE}`,
    }).prepare('update_task'),
    createTask: insertTask(db, { id: ID, projectId: PROJECT_ID, title: TITLE }).prepare(
      'create_task',
    ),
    search: searchTasks(db, placeholder('text')).prepare('search'),
  };
}

function prepareList(
  db: Database,
  name: string,
  projectId: Placeholder | null,
  after: TaskList['after'],
) {
  const status = placeholder('status');
  const limit = placeholder('limit');
  return selectTasks(db, { status, limit, projectId, after }).prepare(name);
}
