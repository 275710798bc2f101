import type pg from 'pg';
import { decodeId } from '../../../src/shared/ids.js';
import { withAdminConnection } from '../../../src/tenancy/admin-connection.js';
import type { TcpProxy } from '../tcp-proxy.js';
import type { Random } from './random.js';

/** Does to the connections of an API what operators, networks and other transactions do. */
export class FaultInjector {
  readonly counts = { terminated: 0, cut: 0, cutCommits: 0 };
  readonly #admin: pg.Client;
  readonly #proxy: TcpProxy;
  readonly #superuserUrl: string;
  #locking: Promise<unknown> = Promise.resolve();

  /** @param admin a superuser's connection, for statements that do not wait */
  constructor(admin: pg.Client, proxy: TcpProxy, superuserUrl: string) {
    this.#admin = admin;
    this.#proxy = proxy;
    this.#superuserUrl = superuserUrl;
  }

  /** Ends one backend of the serving role, or all of them. */
  async terminate(random: Random, which: 'one' | 'all'): Promise<void> {
    const { rows } = await this.#admin.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity
       WHERE datname = current_database() AND usename = 'rowhouse_app' ORDER BY pid`,
    );
    if (rows.length === 0) return;
    const pids = (which === 'one' ? [random.pick(rows)] : rows).map(({ pid }) => pid);
    const ended = await this.#admin.query<{ done: boolean }>(
      'SELECT pg_terminate_backend(pid) AS done FROM unnest($1::int[]) AS pid',
      [pids],
    );
    this.counts.terminated += ended.rows.filter(({ done }) => done).length;
  }

  /** Cuts every connection between the API and the database. */
  cut(): void {
    this.#proxy.cut();
    this.counts.cut += 1;
  }

  /** Cuts the connection that is the next to commit, if there is one. */
  cutNextCommit(random: Random): void {
    const moment = random.pick(['before it arrives', 'after it was answered'] as const);
    void this.#proxy.cutAt('COMMIT\0', moment).then(() => {
      this.counts.cutCommits += 1;
    });
  }

  /** Runs `work` while somebody else holds the rows of these tasks. One after the other. */
  async whileLocked(taskIds: string[], work: () => Promise<unknown>): Promise<void> {
    const locking = this.#locking.then(() =>
      withAdminConnection(this.#superuserUrl, async (holder) => {
        const uuids = taskIds.map((id) => decodeId('task', id, 'id'));
        await holder.query('BEGIN');
        await holder.query('SELECT FROM tasks WHERE id = ANY($1) ORDER BY id FOR UPDATE', [uuids]);
        await work();
      }),
    );
    this.#locking = locking;
    await locking;
  }
}
