import type { ClientBase } from 'pg';
import pg from 'pg';

/** Something that opens something, and that nobody may read in the database. */
export interface Secret {
  /** As a person would say it: `token of a password reset`. */
  what: string;
  text: string;
}

/** The shortest text that is looked for: shorter ones are found anywhere. */
const SHORTEST = 8;

/**
 * Looks for secrets in every column of every table of a database, as they are and in whatever form they could
 * have been put there by mistake.
 *
 * @param client of a superuser, whom row-level security does not hold
 * @returns what was found and where, a sentence each; empty when nothing was
 */
export async function secretsAtRest(
  client: ClientBase,
  secrets: readonly Secret[],
): Promise<string[]> {
  const forms = secrets.flatMap(formsOf);
  const found: string[] = [];
  for (const { table, column } of await columns(client)) {
    const { rows } = await client.query<{ texts: string[] }>(
      // bytea is written as hexadecimal digits.
      `SELECT array_agg(${pg.escapeIdentifier(column)}::text) AS texts FROM ${table}
       WHERE ${pg.escapeIdentifier(column)} IS NOT NULL`,
    );
    for (const text of rows[0]?.texts ?? []) {
      const [lower, letters] = [text.toLowerCase(), text.replaceAll(/[\\\s"]/g, '')];
      for (const { what, form, value } of forms) {
        const isThere =
          form === 'hex' ? lower.includes(value) : text.includes(value) || letters.includes(value);
        if (isThere) found.push(`${table}.${column} holds the ${what}, as ${form}.`);
      }
    }
  }
  return [...new Set(found)].sort();
}

async function columns(client: ClientBase): Promise<{ table: string; column: string }[]> {
  const { rows } = await client.query<{ table: string; column: string }>(
    `SELECT attrelid::regclass::text AS table, attname::text AS column
     FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
     JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE relkind IN ('r', 'p', 'm') AND attnum > 0 AND NOT attisdropped
       AND nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
     ORDER BY 1, 2`,
  );
  return rows;
}

interface Form {
  what: string;
  form: 'text' | 'hex' | 'base64' | 'percent-encoded text';
  value: string;
}

function formsOf({ what, text }: Secret): Form[] {
  if (text.length < SHORTEST) throw new TypeError(`The ${what} is too short to be looked for.`);
  return [Buffer.from(text), ...bytesIn(text)].flatMap((bytes, index): Form[] => [
    ...(index === 0
      ? ([
          { what, form: 'text', value: text },
          { what, form: 'percent-encoded text', value: encodeURIComponent(text) },
        ] as const)
      : []),
    { what, form: 'hex', value: bytes.toString('hex') },
    { what, form: 'base64', value: bytes.toString('base64').replace(/=+$/, '') },
    { what, form: 'base64', value: bytes.toString('base64url') },
  ]);
}

/** Of a token that is written in base64url, the first 32 bytes: what is secret in it, as it was made. */
function bytesIn(text: string): Buffer[] {
  const encoded = /^(?:[a-z]{2,4}_)?([\w-]{43,})$/.exec(text)?.[1];
  const bytes = encoded === undefined ? undefined : Buffer.from(encoded, 'base64url');
  return bytes && bytes.length >= 32 ? [bytes.subarray(0, 32)] : [];
}
