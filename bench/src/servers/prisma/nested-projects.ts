import type { NestedProject } from '../../calls.ts';
import { OLDEST_FIRST, type Transaction } from './client.ts';

const PERSON = { id: true, name: true } as const;

/**
 * The 20 oldest projects with 5 tasks each, in 23 small statements. A nested `take: 5` would be less to
 * write, but Prisma fetches every task of the 20 projects for it and cuts the lists afterwards: that is
 * no faster with 100 tasks in a project, and grows with them.
 */
export async function readNestedProjects(tx: Transaction, orgId: string): Promise<NestedProject[]> {
  const projects = await tx.project.findMany({
    where: { orgId, deletedAt: null },
    orderBy: [...OLDEST_FIRST],
    take: 20,
    select: { ...PERSON, owner: { select: PERSON } },
  });
  const lists = await Promise.all(projects.map(({ id }) => readTasks(tx, orgId, id)));
  const people = await readPeople(tx, orgId, lists.flat());
  return projects.map((project, index) => ({
    ...project,
    tasks: (lists[index] ?? []).map(({ assigneeId, ...task }) => ({
      ...task,
      assignee: people.get(assigneeId) ?? null,
    })),
  }));
}

function readTasks(tx: Transaction, orgId: string, projectId: string) {
  return tx.task.findMany({
    where: { orgId, projectId, deletedAt: null },
    orderBy: [...OLDEST_FIRST],
    take: 5,
    select: { id: true, title: true, assigneeId: true },
  });
}

async function readPeople(
  tx: Transaction,
  orgId: string,
  tasks: readonly { assigneeId: string | null }[],
): Promise<Map<string | null, NestedProject['owner']>> {
  const ids = new Set(tasks.flatMap(({ assigneeId }) => assigneeId ?? []));
  const people = await tx.user.findMany({
    where: { orgId, id: { in: [...ids] } },
    select: PERSON,
  });
  return new Map(people.map((person) => [person.id, person]));
}
