import type { AnswerOf, Caller } from '../../calls.ts';
import type { RestBackend, TaskListQuery } from '../shared/rest.backend.ts';
import { taskPage } from '../shared/task-page.ts';
import { OLDEST_FIRST, type PrismaClient, type Transaction } from './client.ts';
import { readNestedProjects } from './nested-projects.ts';

const CHANGED_TASK = { id: true, title: true, version: true } as const;

export class PrismaBackend implements RestBackend {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  project(caller: Caller, id: string) {
    return this.#transaction(caller, (tx) =>
      tx.project.findUnique({
        where: { orgId_id: { orgId: caller.orgId, id } },
        select: { id: true, name: true, version: true },
      }),
    );
  }

  async tasks(caller: Caller, { status, projectId, first, after }: TaskListQuery) {
    const rows = await this.#transaction(caller, (tx) =>
      tx.task.findMany({
        where: {
          orgId: caller.orgId,
          status,
          deletedAt: null,
          ...(projectId !== null && { projectId }),
          // Prisma has no row comparison. The range is what the index answers, the OR is the rest.
          ...(after && {
            createdAt: { gte: after.createdAt },
            OR: [{ createdAt: { gt: after.createdAt } }, { id: { gt: after.id } }],
          }),
        },
        orderBy: [...OLDEST_FIRST],
        take: first + 1,
        select: { ...CHANGED_TASK, status: true, createdAt: true },
      }),
    );
    return taskPage(rows, first);
  }

  nestedProjects(caller: Caller) {
    return this.#transaction(caller, (tx) => readNestedProjects(tx, caller.orgId));
  }

  updateTask(caller: Caller, change: { id: string; version: number; title: string }) {
    const { id, version, title } = change;
    return this.#transaction(caller, async (tx) => {
      const [task = null] = await tx.task.updateManyAndReturn({
        where: { orgId: caller.orgId, id, version, deletedAt: null },
        data: { title, version: { increment: 1 } },
        select: CHANGED_TASK,
      });
      return task;
    });
  }

  createTask(caller: Caller, task: { projectId: string; title: string }) {
    return this.#transaction(caller, (tx) => tx.task.create({ data: task, select: CHANGED_TASK }));
  }

  /** Raw SQL: a tsvector is nothing that Prisma could filter by. */
  search(caller: Caller, text: string) {
    return this.#transaction(
      caller,
      (tx) => tx.$queryRaw<AnswerOf['search']>`
        SELECT id, title
        FROM tasks
        WHERE deleted_at IS NULL AND search @@ websearch_to_tsquery('english', ${text})
        ORDER BY created_at, id
        LIMIT 20`,
    );
  }

  isRefusal(error: unknown): boolean {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return REFUSALS.has(code);
  }

  close(): Promise<void> {
    return this.#prisma.$disconnect();
  }

  /**
   * An interactive transaction, whose first statement says the organization. Prisma cannot make one READ
   * ONLY, and an isolation level would cost a statement of its own: reads run READ COMMITTED.
   */
  #transaction<T>({ orgId, userId }: Caller, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#prisma.$transaction(async (tx) => {
      await tx.$executeRaw`SELECT set_config('app.current_org', ${orgId}, true), set_config('app.current_user_id', ${userId}, true)`;
      return work(tx);
    });
  }
}

/** A value out of range, a broken constraint, a missing row: https://www.prisma.io/docs/orm/reference/error-reference */
const REFUSALS: ReadonlySet<string> = new Set([
  'P2000',
  'P2002',
  'P2003',
  'P2004',
  'P2020',
  'P2025',
]);
