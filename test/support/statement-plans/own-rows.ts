import type { ClientBase } from 'pg';
import pg from 'pg';
import { encodeId } from '../../../src/shared/ids.js';
import type { EntityKind } from '../attacks/entity-kinds.js';
import type { TenantTable } from '../tenant-tables.js';

const quoted = pg.escapeIdentifier;

/** A state that a row can be in when something is done to it. */
export type RowState = 'present' | 'deleted';

/** Public ids of one kind, of the large organization. */
export interface OwnRows {
  typeName: string;
  /** What most rows point at: its lists are the longest. */
  busiest: string;
  states: RowState[];
  /** One that nobody was given before, so that it is as it was made. */
  next(state: RowState): string;
}

/** Tables of whose rows everybody sees their own alone, and the column that says whose they are. */
const OWN_ALONE: Record<string, string> = { sessions: 'user_id', carts: 'owner_id' };

/** The rows of a kind that a person can see, the busiest one known from the foreign keys that point at its table. */
export async function ownRows(
  client: ClientBase,
  { typeName, prefix, table: name }: Pick<EntityKind, 'typeName' | 'prefix' | 'table'>,
  tables: readonly TenantTable[],
  person: { orgId: string; userId: string | null },
): Promise<OwnRows> {
  const table = tables.find((each) => each.name === name) as TenantTable;
  const pointers = tables.flatMap(({ name: from, owner, references, unbound }) =>
    [...references, ...unbound]
      .filter((reference) => reference.table === name)
      .map(({ columns }) => {
        const column = quoted(columns.find((each) => each !== owner) as string);
        return `SELECT ${column} AS id, count(*) FROM ${quoted(from)} WHERE ${quoted(owner)} = $1 GROUP BY 1`;
      }),
  );
  const pointed = pointers.length > 0 ? pointers.join(' UNION ALL ') : 'SELECT $1::uuid, 0';
  const deleted = table.columns.includes('deleted_at') ? 'deleted_at IS NOT NULL' : 'false';
  const holder = OWN_ALONE[name];
  const visible = holder ? `${quoted(holder)} = $2` : '$2::uuid IS NOT NULL';
  const { rows } = await client.query<{ id: string; deleted: boolean }>(
    `SELECT id, ${deleted} AS deleted FROM ${quoted(name)}
     LEFT JOIN (SELECT id, sum(count) AS children FROM (${pointed}) AS pointer (id, count) GROUP BY id) AS parent USING (id)
     WHERE ${quoted(table.owner)} = $1 AND ${visible} ORDER BY children DESC NULLS LAST, id`,
    [person.orgId, person.userId],
  );
  const ids = (state: RowState) =>
    rows
      .filter((row) => row.deleted === (state === 'deleted'))
      .map(({ id }) => encodeId(prefix, id));
  const [busiest = '', ...present] = ids('present');
  const stock: Record<RowState, string[]> = { present, deleted: ids('deleted') };
  return {
    typeName,
    busiest,
    states: (['present', 'deleted'] as const).filter((state) => stock[state].length > 0),
    // Of an organization there is just one.
    next: (state) => (stock[state].length > 1 ? stock[state].shift() : stock[state][0]) ?? busiest,
  };
}
