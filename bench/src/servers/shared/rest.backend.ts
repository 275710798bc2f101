import type { AnswerOf, Caller } from '../../calls.ts';
import type { Position } from './cursor.ts';

export interface TaskListQuery {
  readonly status: string;
  readonly projectId: string | null;
  readonly first: number;
  readonly after: Position | null;
}

/** What stands behind the REST endpoints: each method is one transaction of the caller's organization. */
export interface RestBackend {
  /** @returns null when there is none */
  project(caller: Caller, id: string): Promise<AnswerOf['point-read'] | null>;
  tasks(caller: Caller, query: TaskListQuery): Promise<AnswerOf['list']>;
  nestedProjects(caller: Caller): Promise<AnswerOf['nested-list']>;
  /** @returns null when there is none at that version */
  updateTask(
    caller: Caller,
    change: { id: string; version: number; title: string },
  ): Promise<AnswerOf['update'] | null>;
  createTask(
    caller: Caller,
    task: { projectId: string; title: string },
  ): Promise<AnswerOf['create']>;
  search(caller: Caller, text: string): Promise<AnswerOf['search']>;
  /** Whether the database refused what the client sent: a missing project, a title that is too long. */
  isRefusal(error: unknown): boolean;
  close(): Promise<void>;
}
