import type { ClientBase } from 'pg';

/** A column as far as making up a value for it needs to know. */
export interface Column {
  table: string;
  name: string;
  /** As PostgreSQL writes it: `timestamp with time zone`, `text`, `character varying(20)`. */
  type: string;
  nullable: boolean;
  hasDefault: boolean;
  /** All that a CHECK or an enum type lets pass; null where there is no such list. */
  values: string[] | null;
}

/** Columns of every table in the schema public that a writer may give, by the table's name. */
export async function columnsByTable(client: ClientBase): Promise<Map<string, Column[]>> {
  const { rows } = await client.query<{ table: string; columns: ColumnRow[] }>(
    `SELECT relname::text AS table, json_agg(json_build_object(
       'name', attname, 'type', format_type(atttypid, atttypmod),
       'nullable', NOT attnotnull, 'hasDefault', atthasdef OR attidentity <> '',
       'labels', (SELECT json_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum
          WHERE enumtypid = atttypid),
       'checks', (SELECT json_agg(pg_get_constraintdef(pg_constraint.oid)) FROM pg_constraint
          WHERE conrelid = attrelid AND contype = 'c' AND conkey = ARRAY[attnum])
     ) ORDER BY attnum) AS columns
     FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
       AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity <> 'a'
     GROUP BY relname`,
  );
  return new Map(
    rows.map(({ table, columns }) => [
      table,
      columns.map(({ labels, checks, ...column }) => ({
        ...column,
        table,
        values: labels ?? listedIn(checks ?? []),
      })),
    ]),
  );
}

interface ColumnRow extends Omit<Column, 'table' | 'values'> {
  labels: string[] | null;
  checks: string[] | null;
}

/** The values of `CHECK (status IN ('a', 'b'))`, which PostgreSQL keeps as `= ANY (ARRAY[…])`. */
function listedIn(checks: string[]): string[] | null {
  const list = checks.map((check) => /= ANY \(\(?ARRAY\[(.+?)\]/.exec(check)?.[1]).find(Boolean);
  if (!list) return null;
  return [...list.matchAll(/'((?:[^']|'')*)'/g)].map(([, value = '']) =>
    value.replaceAll("''", "'"),
  );
}
