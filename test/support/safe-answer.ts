import { withAdminConnection } from '../../src/tenancy/admin-connection.js';
import type { TestDatabase } from './database.js';

/** All that `extensions.code` can ever be. */
const CODES = new Set([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'VERSION_CONFLICT',
  'ALREADY_EXISTS',
  'INSUFFICIENT_STOCK',
  'CART_CHANGED',
  'IDEMPOTENCY_KEY_REUSED',
  'ORDER_STATUS',
  'RATE_LIMITED',
  'UNAVAILABLE',
  'INTERNAL',
  // Before anything is executed.
  'BAD_REQUEST',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
]);

const INTERNALS = [
  /\b(select|insert into|update \w+ set|delete from|savepoint|rollback|current_setting)\b/i,
  /\b(relation|constraint|column|violates|tuple|sqlstate|pg_\w+|postgres\w*|prisma|kysely|invocation)\b/i,
  /\b(25P02|22P02|22021|22P05|23502|23503|23505|23514|42501|42P01)\b/,
  /invalid byte sequence|row-level security|aborted|\$\d+::/i,
  /node_modules|\bsrc\/|dist\/|\bfile:\/\/|\.[cm]?[jt]s\b|\n\s+at /,
  /"(stack|stacktrace|exception|cause|originalError|sql|detail)":/,
];

interface AnswerWithErrors {
  // biome-ignore lint/suspicious/noExplicitAny: errors are looked at as they come.
  errors?: any[] | undefined;
}

/** Tells what an answer gives away that no answer may. */
export class AnswerCheck {
  readonly #names: RegExp;

  private constructor(names: string[]) {
    this.#names = new RegExp(`\\b(${names.join('|')})\\b`);
  }

  /** A check that knows every name in the catalog which no client can know. */
  static async of(database: TestDatabase): Promise<AnswerCheck> {
    return withAdminConnection(database.superuserUrl, async (client) => {
      const { rows } = await client.query<{ name: string }>(
        `SELECT DISTINCT name FROM (
           SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
           UNION ALL SELECT conname FROM pg_constraint
           UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'tenancy'::regnamespace
           UNION ALL SELECT rolname FROM pg_roles
           UNION ALL SELECT attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
                     WHERE relnamespace = 'public'::regnamespace AND attnum > 0
         ) AS names (name)
         WHERE name ~ '^[a-z0-9_]*_[a-z0-9_]*$'`,
      );
      return new AnswerCheck(rows.map(({ name }) => name));
    });
  }

  /** What is wrong with the errors of this answer; empty when nothing is. */
  faults({ errors = [] }: AnswerWithErrors): string[] {
    const text = JSON.stringify(errors.map(({ message, extensions }) => ({ message, extensions })));
    const faults = errors
      .filter(({ extensions }) => !CODES.has(extensions?.code))
      .map(({ extensions }) => `code ${extensions?.code}`);
    for (const pattern of [...INTERNALS, this.#names]) {
      const found = pattern.exec(text);
      if (found) faults.push(`gives away "${found[0]}" in ${text.slice(0, 500)}`);
    }
    return faults;
  }
}
