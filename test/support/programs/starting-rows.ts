import type pg from 'pg';
import { encodeId, newUuid } from '../../../src/shared/ids.js';
import type { Organization } from '../api.js';
import { insert } from './insert-rows.js';

const PROJECTS = ['alpha', 'gamma', 'beta'];
const TITLES = ['alpha', 'beta', 'alpha beta', 'gamma', 'beta gamma', 'alpha gamma', 'beta'];

/** Of a project that was deleted along with its tasks, and of those tasks. */
const DELETED = { version: 2, deleted_at: '2020-01-01T00:00:00Z' };
const ALIVE = { version: 1, deleted_at: null };

/**
 * Projects, one of them deleted, with tasks of every state: most steps of a short program would have
 * nothing to work on without.
 *
 * @param client a superuser's
 * @returns their public ids and versions
 */
export async function insertStartingRows(
  client: pg.Client,
  { tenant, owner, member, slug }: Organization,
): Promise<{ id: string; version: number }[]> {
  const projects = PROJECTS.map((name, index) => ({
    id: newUuid(),
    owner_id: owner.uuid,
    name: `${slug} ${name}`,
    description: '',
    ...(index === 2 ? DELETED : ALIVE),
  }));
  const tasks = TITLES.map((title, index) => {
    const status = ['pending', 'in_progress', 'completed'][index % 3];
    return {
      id: newUuid(),
      project_id: projects[index % 3]?.id,
      assignee_id: [owner.uuid, member.uuid, null][index % 3],
      title: `${slug} ${title}`,
      description: '',
      status,
      completed: status === 'completed',
      priority: index % 5,
      due_at: index % 2 === 0 ? '2001-01-01T00:00:00Z' : null,
      ...(index % 3 === 2 ? DELETED : ALIVE),
    };
  });
  await insert(client, tenant.orgId, { projects, tasks });
  return [
    ...projects.map(({ id, version }) => ({ id: encodeId('proj', id), version })),
    ...tasks.map(({ id, version }) => ({ id: encodeId('task', id), version })),
  ];
}
