import pg from 'pg';

/** What looks for mail and unpaid orders from time to time, whatever else is going on. */
const POLL = /FROM (outbox|unpaid_orders)\.organizations_with_/;

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
    const text = typeof config === 'string' ? config : config.text;
    if (!POLL.test(text)) statements.push(text);
    return Reflect.apply(query, this, args);
  } as typeof query;
  try {
    await work(statements);
  } finally {
    pg.Client.prototype.query = query;
  }
  return statements;
}
