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

/**
 * Watches every row of every tenant table through a connection that sees all of them, and puts back
 * what was changed.
 */
export class RowGuard {
  readonly #snapshots = new Map<string, Map<TenantTable, Row[]>>();
  #seen: { own: string; others: string } | undefined;

  /**
   * @param client of a superuser: it sees all rows, and may put them back in any order
   * @param attacker UUID of the organization whose rows may change
   */
  constructor(
    readonly client: ClientBase,
    readonly tables: TenantTable[],
    readonly attacker: string,
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
    const changes = {
      own: now.own !== this.#seen?.own,
      others: now.others !== this.#seen?.others,
    };
    if (!changes.own && !changes.others) return changes;
    for (const [orgId, rows] of this.#snapshots) {
      if (orgId === this.attacker ? changes.own : changes.others) await this.#restore(orgId, rows);
    }
    this.#seen = await this.#fingerprint();
    return changes;
  }

  /** One statement over all tables: md5 of the text of all rows. */
  async #fingerprint(): Promise<{ own: string; others: string }> {
    const all = this.tables.map(
      ({ name, owner }) =>
        `SELECT ${quoted(owner)} AS owner, ${pg.escapeLiteral(name)} || t::text AS row FROM ${quoted(name)} AS t`,
    );
    const digest = (condition: string) =>
      `coalesce(md5(string_agg(row, '' ORDER BY row) FILTER (WHERE ${condition})), '')`;
    const { rows } = await this.client.query<{ own: string; others: string }>(
      `SELECT ${digest('owner = $1')} AS own, ${digest('owner IS DISTINCT FROM $1')} AS others
       FROM (${all.join(' UNION ALL ')}) AS everything`,
      [this.attacker],
    );
    return rows[0] as { own: string; others: string };
  }

  /** Triggers rest meanwhile, those of the foreign keys included: any order will do. */
  async #restore(orgId: string, snapshot: Map<TenantTable, Row[]>): Promise<void> {
    await this.client.query('BEGIN; SET LOCAL session_replication_role = replica');
    for (const [{ name, owner, columns }, rows] of snapshot) {
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
