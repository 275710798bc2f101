import type { RequestContext, UserBelongings } from '../identity/index.js';
import type { Clock } from '../shared/clock.js';
import type { Feature } from '../shared/graphql/index.js';
import { ProjectLoader } from './project/project.loader.js';
import { ProjectResolver, UserProjectsResolver } from './project/project.resolver.js';
import { ProjectService } from './project/project.service.js';
import { ProjectStore } from './project/project.store.js';
import { SearchResolver } from './search/search.resolver.js';
import { SearchService } from './search/search.service.js';
import { SearchStore } from './search/search.store.js';
import { TaskLoader } from './task/task.loader.js';
import { ProjectTasksResolver, TaskResolver, UserTasksResolver } from './task/task.resolver.js';
import { TaskService } from './task/task.service.js';
import { TaskStore } from './task/task.store.js';
import { WorkBelongings } from './work-belongings.js';

export interface Work extends Feature<RequestContext> {
  belongings: UserBelongings;
}

/** Projects, tasks, and the search over both. */
export function createWork(clock: Clock): Work {
  const tasks = new TaskStore();
  const projects = new ProjectStore();
  return {
    resolvers: [
      new ProjectResolver(new ProjectService(projects, tasks, clock)),
      new TaskResolver(new TaskService(tasks, projects, clock)),
      new SearchResolver(new SearchService(new SearchStore())),
      new UserProjectsResolver(),
      new ProjectTasksResolver(),
      new UserTasksResolver(),
    ],
    nodes: [
      {
        typeName: 'Project',
        idPrefix: 'proj',
        load: (ctx, id) => ctx.use(ProjectLoader).byId.load(id),
      },
      { typeName: 'Task', idPrefix: 'task', load: (ctx, id) => ctx.use(TaskLoader).byId.load(id) },
    ],
    belongings: new WorkBelongings(projects, tasks),
  };
}
