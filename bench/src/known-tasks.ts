import type { Client } from 'pg';
import type { Data, Organization } from './data.ts';

/** A task of one database, and at which version it is. Whoever has changed it counts the version up. */
export interface KnownTask {
  readonly organization: Organization;
  readonly id: string;
  version: number;
}

const ORGANIZATIONS = 200;
const TASKS_OF_EACH = 100;

/**
 * The tasks that are updated. Each connection has its own, so that no two updates meet; all servers over
 * one database share them.
 */
export class KnownTasks {
  readonly #tasks: readonly KnownTask[];
  readonly #connections: number;
  readonly #next: number[];

  private constructor(tasks: readonly KnownTask[], connections: number) {
    this.#tasks = tasks;
    this.#connections = connections;
    this.#next = Array.from({ length: connections }, (_, connection) => connection);
  }

  static async of(client: Client, data: Data, connections: number): Promise<KnownTasks> {
    const organizations = data.organizations.slice(0, ORGANIZATIONS);
    const { rows } = await client.query<{ place: number; id: string; version: number }>(
      `SELECT place, chosen.id, chosen.version
       FROM unnest($1::uuid[]) WITH ORDINALITY AS org (id, place)
       CROSS JOIN LATERAL (
         SELECT id, version, row_number() OVER (ORDER BY md5(id::text)) AS n
         FROM tasks WHERE org_id = org.id ORDER BY n LIMIT $2
       ) AS chosen
       ORDER BY n, place`,
      [organizations.map(({ id }) => id), TASKS_OF_EACH],
    );
    const tasks = rows.flatMap(({ place, ...task }) => {
      const organization = organizations[place - 1];
      return organization ? [{ ...task, organization }] : [];
    });
    return new KnownTasks(tasks, connections);
  }

  /** How many each connection has, at least. */
  get perConnection(): number {
    return Math.floor(this.#tasks.length / this.#connections);
  }

  /** The connection's next task, in turns. */
  next(connection: number): KnownTask {
    const index = this.#next[connection] ?? connection;
    const following = index + this.#connections;
    this.#next[connection] = following < this.#tasks.length ? following : connection;
    const task = this.#tasks[index];
    if (task === undefined) throw new Error(`Connection ${connection} has no tasks.`);
    return task;
  }
}
