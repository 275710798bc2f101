import { PLANNER_OPTIONS } from '../../../src/tenancy/connection-pool.js';
import {
  type Tenancy,
  type TenantTransaction,
  withAdminConnection,
} from '../../../src/tenancy/index.js';
import { createDatabase, type TestDatabase } from '../database.js';
import { createOrganization, openTenancy, type SeededOrganization } from '../organizations.js';
import { type TenantTable, tenantTables } from '../tenant-tables.js';
import { contractViolations, describeViolation, type Sighting } from './index.js';
import { fillLargeDatabase } from './large-database.js';
import { WireTap } from './wire-tap.js';

type Step = (tx: TenantTransaction) => Promise<unknown>;

/** A parameter of a function of the directory, with what it is given. */
interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly value: string;
}

/**
 * A large database, and the statements that its largest organization sends: for those that stand behind no operation of
 * the API, or are sent along with many others.
 */
export class LargeTenancy {
  readonly #tap: WireTap;
  readonly #tables: readonly TenantTable[];

  private constructor(
    readonly database: TestDatabase,
    readonly tenancy: Tenancy,
    readonly large: SeededOrganization,
    tap: WireTap,
    tables: readonly TenantTable[],
  ) {
    this.#tap = tap;
    this.#tables = tables;
  }

  static async create(): Promise<LargeTenancy> {
    const database = await createDatabase();
    const tap = await WireTap.inFrontOf(database.appUrl);
    const tenancy = openTenancy(database, { url: tap.through(database.appUrl) });
    const large = await createOrganization(tenancy);
    const { orgId, userId: personId } = large;
    const tables = await withAdminConnection(database.superuserUrl, async (superuser) => {
      await fillLargeDatabase(superuser, orgId, { passwordHash: 'none', personId });
      return tenantTables(superuser);
    });
    return new LargeTenancy(database, tenancy, large, tap, tables);
  }

  async close(): Promise<void> {
    await this.tenancy.close();
    await this.#tap.close();
    await this.database.drop();
  }

  /** How many statements `step` sends, and what of them breaks the contract. */
  async seen(
    step: Step,
    page?: Sighting['page'],
  ): Promise<{ statements: number; violations: string }> {
    const sighting = await this.#sight('the step', step);
    return {
      statements: sighting.statements.length,
      violations: await this.#violations([page ? { ...sighting, page } : sighting]),
    };
  }

  /** The same for steps of one statement each. @returns the names of those that send none, or more */
  async seenEach(
    steps: Readonly<Record<string, Step>>,
  ): Promise<{ others: string[]; violations: string }> {
    const sightings: Sighting[] = [];
    for (const [name, step] of Object.entries(steps)) sightings.push(await this.#sight(name, step));
    const others = sightings.filter(({ statements }) => statements.length !== 1);
    return {
      others: others.map(({ subject }) => subject),
      violations: await this.#violations(sightings),
    };
  }

  /** The plan of what a function of the directory executes, in the role that it acts in. @param explain its options */
  planOfDirectory(
    name: string,
    parameters: readonly Parameter[],
    explain = 'COSTS OFF',
  ): Promise<string> {
    return withAdminConnection(this.database.superuserUrl, async (client) => {
      const { rows: bodies } = await client.query('SELECT prosrc FROM pg_proc WHERE proname = $1', [
        name,
      ]);
      const text = parameters.reduce(
        (body, parameter, index) => body.replaceAll(`${name}.${parameter.name}`, `$${index + 1}`),
        bodies[0].prosrc as string,
      );
      const types = parameters.map(({ type }) => type).join(', ');
      const values = parameters.map(({ value }) => `'${value}'`).join(', ');
      await client.query('BEGIN; SET LOCAL SESSION AUTHORIZATION rowhouse_directory');
      await client.query(`PREPARE of_directory (${types}) AS ${text}`);
      const { rows } = await client.query(`EXPLAIN (${explain}) EXECUTE of_directory (${values})`);
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    });
  }

  asSuperuser<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return withAdminConnection(this.database.superuserUrl, async (client) => {
      const { rows } = await client.query<Row>(text, [...values]);
      return rows;
    });
  }

  async #sight(subject: string, step: Step): Promise<Sighting> {
    this.#tap.take();
    await this.tenancy.withTenant(this.large.tenant, 'write', step);
    return { subject, detail: '', statements: this.#tap.take() };
  }

  async #violations(sightings: readonly Sighting[]): Promise<string> {
    const asServed = new URL(this.database.appUrl);
    asServed.searchParams.set('options', PLANNER_OPTIONS);
    const violations = await withAdminConnection(asServed.href, (client) =>
      contractViolations(client, [...sightings], [...this.#tables]),
    );
    return violations.map(describeViolation).join('\n\n');
  }
}
