import type pg from 'pg';

/**
 * Inserts rows of several tables, one table after the other, in one go.
 *
 * @param client a superuser's
 * @param rows by table; all of a table have the same columns
 */
export async function insert(
  client: pg.Client,
  orgId: string,
  rows: Readonly<Record<string, readonly object[]>>,
): Promise<void> {
  const inserts = Object.entries(rows).map(([table, ofTable]) => {
    const columns = Object.keys(ofTable[0] ?? {}).join(', ');
    const values = `${client.escapeLiteral(orgId)}, ${columns}`;
    const set = `jsonb_populate_recordset(NULL::${table}, ${client.escapeLiteral(JSON.stringify(ofTable))})`;
    return `INSERT INTO ${table} (org_id, ${columns}) SELECT ${values} FROM ${set}`;
  });
  await client.query(inserts.join(';\n'));
}
