import type { Client } from 'pg';
import type { Ground } from './call-source.ts';
import type { Check } from './checks.ts';
import { callerOf } from './places.ts';
import { Random } from './random.ts';

const OF_EACH_KIND = 3;

/** Updates and creates: the answer, and the row that it has left. The row is then put back, or removed. */
export function writeChecks(ground: Ground): Check[] {
  const random = new Random(3);
  return Array.from({ length: OF_EACH_KIND }, (_, index) => [
    updateCheck(ground, random, `Equal "quotes" and ünïcode, no. ${index}`),
    createCheck(ground, random, `Made equal, no. ${index}`),
  ]).flat();
}

function updateCheck({ data }: Ground, random: Random, title: string): Check {
  const organization = random.oneOf(data.organizations);
  const caller = callerOf(organization, random);
  const projectId = random.oneOf(organization.projectIds);
  return {
    what: `update of the oldest task of project ${projectId}`,
    kinds: ['update'],
    async run({ asker, client }) {
      const before = await oldestTask(client, projectId);
      const { id: taskId, version } = before;
      const answer = await asker.ask({ kind: 'update', caller, taskId, version, title });
      const row = await storedTask(client, taskId);
      await client.query(
        'UPDATE tasks SET title = $2, version = $3, updated_at = $4 WHERE id = $1',
        [taskId, before.title, version, before.updated_at],
      );
      return { answer, row };
    },
  };
}

function createCheck({ data }: Ground, random: Random, title: string): Check {
  const organization = random.oneOf(data.organizations);
  const caller = callerOf(organization, random);
  const projectId = random.oneOf(organization.projectIds);
  return {
    what: `create in project ${projectId}`,
    kinds: ['create'],
    async run({ asker, client }) {
      const { id, ...answer } = await asker.ask({ kind: 'create', caller, projectId, title });
      const row = await storedTask(client, id);
      await client.query('DELETE FROM tasks WHERE id = $1', [id]);
      return { answer, row };
    },
  };
}

interface OldestTask {
  readonly id: string;
  readonly title: string;
  readonly version: number;
  readonly updated_at: Date;
}

async function oldestTask(client: Client, projectId: string): Promise<OldestTask> {
  const { rows } = await client.query<OldestTask>(
    `SELECT id, title, version, updated_at FROM tasks
     WHERE project_id = $1 ORDER BY created_at LIMIT 1`,
    [projectId],
  );
  if (rows[0] === undefined) throw new Error(`Project ${projectId} has no tasks.`);
  return rows[0];
}

/** What the product stores; its id and times as far as they can be the same for all. */
async function storedTask(client: Client, id: string): Promise<unknown> {
  const { rows } = await client.query(
    `SELECT org_id, project_id, assignee_id, title, description, status, completed, priority, due_at,
       version, deleted_at, search::text, updated_at >= now() - interval '1 minute' AS "isUpdatedNow"
     FROM tasks WHERE id = $1`,
    [id],
  );
  return rows[0] ?? 'no such row';
}
