import type { ClientBase } from 'pg';
import pg from 'pg';
import type { Row, TenantTable } from '../tenant-tables.js';
import { rowsOf } from './twin-rows.js';

const quoted = pg.escapeIdentifier;

/** Which rows have changed since the guard last looked. */
export interface Changes {
  own: boolean;
  others: boolean;
}

/** Of the rows of one table. */
interface Fingerprint {
  own: string;
  others: string;
}

/** By the table's name; of an empty one there is none. */
type Fingerprints = ReadonlyMap<string, Fingerprint>;

/** Who attacks, and which rows that may change. */
export interface Attacking {
  /** UUID of their organization. */
  orgId: string;
  /**
   * Where not all rows of the organization are the attacker's own: their UUID, and the column that has to say so in a
   * row, or whether any row of a table may change.
   */
  shopper?: { id: string; changeable(table: TenantTable): string | boolean };
}

/**
 * Watches every row of every tenant table through a connection that sees all of them, and puts back
 * what was changed.
 */
export class RowGuard {
  readonly #snapshots = new Map<string, Map<TenantTable, Row[]>>();
  #seen: Fingerprints = new Map();

  /** @param client of a superuser: it sees all rows, and may put them back in any order */
  constructor(
    readonly client: ClientBase,
    readonly tables: TenantTable[],
    readonly attacking: Attacking,
  ) {}

  /** Remembers the rows of these organizations, to have them put back, and everybody's fingerprint. */
  async remember(orgIds: string[]): Promise<void> {
    for (const orgId of orgIds) {
      const rows = new Map<TenantTable, Row[]>();
      for (const table of this.tables) rows.set(table, await rowsOf(this.client, table, orgId));
      this.#snapshots.set(orgId, rows);
    }
    this.#seen = await this.#fingerprint();
  }

  /** Tells what has changed since `remember`, and puts it back for the organizations it remembers. */
  async undo(): Promise<Changes> {
    const now = await this.#fingerprint();
    const changed = (part: keyof Fingerprint) =>
      this.tables.filter(({ name }) => now.get(name)?.[part] !== this.#seen.get(name)?.[part]);
    const [own, others] = [changed('own'), changed('others')];
    if (own.length === 0 && others.length === 0) return { own: false, others: false };
    for (const orgId of this.#snapshots.keys()) {
      // What is a shopper's own and what is not stands in the same organization.
      const isOwn = orgId === this.attacking.orgId;
      const withOthers = !isOwn || this.attacking.shopper !== undefined;
      const touched = new Set([...(isOwn ? own : []), ...(withOthers ? others : [])]);
      if (touched.size > 0) await this.#restore(orgId, touched);
    }
    this.#seen = await this.#fingerprint();
    return { own: own.length > 0, others: others.length > 0 };
  }

  /** One statement over all tables: md5 of the text of all rows of each. */
  async #fingerprint(): Promise<Fingerprints> {
    const all = this.tables.map(
      (table) =>
        `SELECT ${pg.escapeLiteral(table.name)} AS name, ${this.#isOwn(table)} AS own, t::text AS row
         FROM ${quoted(table.name)} AS t`,
    );
    const digest = (condition: string) =>
      `coalesce(md5(string_agg(row, '' ORDER BY row) FILTER (WHERE ${condition})), '')`;
    const { rows } = await this.client.query<{ name: string } & Fingerprint>(
      `SELECT name, ${digest('own IS TRUE')} AS own, ${digest('own IS NOT TRUE')} AS others
       FROM (${all.join(' UNION ALL ')}) AS everything GROUP BY name`,
    );
    return new Map(rows.map((row) => [row.name, row]));
  }

  #isOwn(table: TenantTable): string {
    const { orgId, shopper } = this.attacking;
    const isOfOrganization = `${quoted(table.owner)} = ${pg.escapeLiteral(orgId)}`;
    const changeable = shopper?.changeable(table) ?? true;
    if (typeof changeable === 'boolean') return changeable ? isOfOrganization : 'false';
    return `${isOfOrganization} AND ${quoted(changeable)} = ${pg.escapeLiteral(shopper?.id ?? '')}`;
  }

  /** Triggers rest meanwhile, those of the foreign keys included: any order will do. */
  async #restore(orgId: string, tables: Iterable<TenantTable>): Promise<void> {
    await this.client.query('BEGIN; SET LOCAL session_replication_role = replica');
    for (const table of tables) {
      const { name, owner, columns } = table;
      const rows = this.#snapshots.get(orgId)?.get(table) ?? [];
      const ids = rows.flatMap(({ id }) => (typeof id === 'string' ? [id] : []));
      // By id as well: a row may have been moved to another organization.
      const moved = columns.includes('id') ? ' OR id::text = ANY($2)' : ' OR $2::text[] IS NULL';
      await this.client.query(`DELETE FROM ${quoted(name)} WHERE ${quoted(owner)} = $1${moved}`, [
        orgId,
        ids,
      ]);
      const list = columns.map(quoted).join(', ');
      await this.client.query(
        `INSERT INTO ${quoted(name)} (${list})
         SELECT ${list} FROM jsonb_populate_recordset(NULL::${quoted(name)}, $1)`,
        [JSON.stringify(rows)],
      );
    }
    await this.client.query('COMMIT');
  }
}
