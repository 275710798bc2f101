import pg from 'pg';

/**
 * The SQL statements that this process sends while `work` runs, in order.
 *
 * @param work gets those that have been sent so far
 */
export async function statementsOf(
  work: (sent: readonly string[]) => Promise<unknown>,
): Promise<string[]> {
  const statements: string[] = [];
  const { query } = pg.Client.prototype;
  pg.Client.prototype.query = function record(this: pg.Client, ...args: unknown[]) {
    const [config] = args as [string | { text: string }];
    statements.push(typeof config === 'string' ? config : config.text);
    return Reflect.apply(query, this, args);
  } as typeof query;
  try {
    await work(statements);
  } finally {
    pg.Client.prototype.query = query;
  }
  return statements;
}
