import type { UserBelongings } from '../identity/index.js';
import type { TenantTransaction } from '../tenancy/index.js';
import type { ProjectStore } from './project/project.store.js';
import type { TaskStore } from './task/task.store.js';

/** The projects that users own, and the tasks that they are to do. */
export class WorkBelongings implements UserBelongings {
  readonly #projects: ProjectStore;
  readonly #tasks: TaskStore;

  constructor(projects: ProjectStore, tasks: TaskStore) {
    this.#projects = projects;
    this.#tasks = tasks;
  }

  areOwnedBy(tx: TenantTransaction, userId: string): Promise<boolean> {
    return this.#projects.hasOwner(tx, userId);
  }

  handOver(tx: TenantTransaction, userId: string, newOwnerId: string): Promise<void> {
    return this.#projects.handOver(tx, userId, newOwnerId);
  }

  release(tx: TenantTransaction, userId: string): Promise<void> {
    return this.#tasks.unassign(tx, userId);
  }
}
