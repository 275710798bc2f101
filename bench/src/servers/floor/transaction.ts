import type { Socket } from 'node:net';
import pg from 'pg';
import type { Caller } from '../../calls.ts';
import type { Statement } from './statements.ts';

export type Access = 'read' | 'write';

/** One statement of a transaction. */
export interface Step {
  readonly statement: Statement;
  readonly values: readonly unknown[];
}

const BEGIN: Record<Access, string> = {
  read: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
  write: 'BEGIN',
};

/** Runs statements in a transaction of their own, all of it sent before anything is answered. */
export class Database {
  readonly #pool: pg.Pool;

  constructor(settings: { databaseUrl: string; poolSize: number }) {
    this.#pool = new pg.Pool({
      connectionString: settings.databaseUrl,
      max: settings.poolSize,
      idleTimeoutMillis: 0,
      pipeline: true,
    });
    this.#pool.on('error', (error) => console.error(error.message));
  }

  /**
   * @param caller whose ids are UUIDs: they become part of the statement's text
   * @returns the first column of the first row of the last step, once COMMIT is acknowledged; null when there is no row
   */
  async run(caller: Caller, access: Access, steps: readonly Step[]): Promise<string | null> {
    const client = await this.#pool.connect();
    const { stream } = (client as ClientWithConnection).connection;
    stream.cork();
    const beginning = client.query(
      `${BEGIN[access]}; SET LOCAL app.current_org = '${caller.orgId}'; SET LOCAL app.current_user_id = '${caller.userId}'`,
    );
    const answering = steps.map(({ statement: { name, text }, values }) =>
      client.query<[string]>({
        name,
        text,
        values: values as unknown[],
        rowMode: 'array',
        types: AS_TEXT,
      }),
    );
    // Of a failed transaction it is a ROLLBACK.
    const ending = client.query('COMMIT');
    stream.uncork();
    const [begun, ended, ...answered] = await Promise.allSettled([
      beginning,
      ending,
      ...answering,
    ] as const);
    client.release(ended.status === 'rejected');
    for (const outcome of [begun, ...answered, ended]) {
      if (outcome.status === 'rejected') throw outcome.reason;
    }
    const last = answered.at(-1);
    return last?.status === 'fulfilled' ? (last.value.rows[0]?.[0] ?? null) : null;
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

/** What the types of pg leave out: its socket, which is corked so that all messages leave in one packet. */
type ClientWithConnection = pg.PoolClient & { readonly connection: { readonly stream: Socket } };

/** JSON stays the text that it came as: it becomes the body of the answer. */
const AS_TEXT: pg.CustomTypesConfig = {
  getTypeParser: () => (value: string) => value,
};
