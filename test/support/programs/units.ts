import fc from 'fast-check';
import { sql } from 'kysely';
import { newUuid } from '../../../src/shared/ids.js';
import { query, type Tenancy, type TenantTransaction } from '../../../src/tenancy/index.js';
import type { SeededOrganization } from '../organizations.js';

/** How a statement is sent. */
type Via = 'sql' | 'prisma';

/** One statement of a unit. None names the organization: the transaction knows it. */
type Action =
  | { do: 'put'; via: Via; name: string; description: string }
  | { do: 'remove'; via: Via; name: string }
  | { do: 'remove all'; via: Via }
  | { do: 'read'; via: Via }
  | { do: 'fail'; how: 'in the database' | 'in a constraint' | 'in code' };

/** A unit, and what is read behind it. */
interface Unit {
  actions: readonly Action[];
  afterwards: 'nothing' | 'a read' | 'a read that fails';
}

/** One transaction of one organization. */
export interface Transaction {
  organization: number;
  units: readonly Unit[];
  end: 'commit' | 'throw';
}

/** The projects of an organization: description by name. */
export type Projects = ReadonlyMap<string, string>;

/** What a transaction tells: of each unit whether it was kept, and of each read what it saw. */
export type Trace = (string | [name: string, description: string][])[];

/** Names are the same in every organization. */
const name = fc.constantFrom('a', 'b', 'c', 'd');
const via = fc.constantFrom<Via>('sql', 'prisma');

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      via,
      name,
      description: fc.stringMatching(/^[xyz]{1,2}$/),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), via, name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove all' as const), via }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('read' as const), via }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      how: fc.constantFrom('in the database', 'in a constraint', 'in code'),
    }),
  },
);

const unit: fc.Arbitrary<Unit> = fc.record({
  actions: fc.array(action, { maxLength: 5, size: 'max' }),
  afterwards: fc.constantFrom('nothing', 'a read', 'a read that fails'),
});

/** Rounds of transactions, at most one of each organization. */
export function transactions(organizations: number): fc.Arbitrary<Transaction[][]> {
  const transaction: fc.Arbitrary<Transaction> = fc.record({
    organization: fc.nat({ max: organizations - 1 }),
    units: fc.array(unit, { minLength: 1, maxLength: 4, size: 'max' }),
    end: fc.oneof(
      { weight: 6, arbitrary: fc.constant('commit' as const) },
      { weight: 1, arbitrary: fc.constant('throw' as const) },
    ),
  });
  const round = fc.uniqueArray(transaction, {
    minLength: 1,
    maxLength: organizations,
    selector: ({ organization }) => organization,
  });
  return fc.array(round, { minLength: 1, maxLength: 6, size: 'max' });
}

/** What must become of a transaction, without any database. */
export function expected(before: Projects, { units, end }: Transaction) {
  const trace: Trace = [];
  let projects = new Map(before);
  for (const { actions, afterwards } of units) {
    const beforeUnit = new Map(projects);
    const kept = actions.every((step) => apply(projects, step, trace));
    if (!kept) projects = beforeUnit;
    trace.push(kept ? 'kept' : 'undone');
    // As in an answer: what has no value has no fields that could be read.
    if (kept && afterwards === 'a read') trace.push(sorted(projects));
    if (kept && afterwards === 'a read that fails') trace.push('failed');
  }
  return { trace, projects: end === 'commit' ? projects : before };
}

/** @returns whether the unit goes on */
function apply(projects: Map<string, string>, step: Action, trace: Trace): boolean {
  switch (step.do) {
    case 'put':
      projects.set(step.name, step.description);
      return true;
    case 'remove':
      projects.delete(step.name);
      return true;
    case 'remove all':
      projects.clear();
      return true;
    case 'read':
      trace.push(sorted(projects));
      return true;
    case 'fail':
      return false;
  }
}

/** The same with a database. */
export async function run(
  tenancy: Tenancy,
  { tenant, userId }: SeededOrganization,
  { units, end }: Transaction,
): Promise<Trace> {
  const trace: Trace = [];
  const thrown = new Error('thrown');
  const running = tenancy.withTenant(tenant, 'write', async (tx) => {
    for (const { actions, afterwards } of units) {
      const work = async () => {
        for (const step of actions) await perform(tx, userId, step, trace);
      };
      const kept = await tx.unit(work, { alone: units.length === 1 }).then(
        () => true,
        () => false,
      );
      trace.push(kept ? 'kept' : 'undone');
      if (kept && afterwards === 'a read') trace.push(await readProjects(tx, 'sql'));
      if (kept && afterwards === 'a read that fails') {
        await divideByZero(tx).catch(() => trace.push('failed'));
      }
    }
    if (end === 'throw') throw thrown;
  });
  await running.catch((error) => {
    if (error !== thrown) throw error;
  });
  return trace;
}

async function perform(tx: TenantTransaction, ownerId: string, step: Action, trace: Trace) {
  switch (step.do) {
    case 'put':
      return put(tx, ownerId, step);
    case 'remove':
      return step.via === 'prisma'
        ? tx.prisma.project.deleteMany({ where: { name: step.name } })
        : tx.execute(sql`DELETE FROM projects WHERE name = ${step.name}`.compile(query));
    case 'remove all':
      return step.via === 'prisma'
        ? tx.prisma.project.deleteMany()
        : tx.execute(sql`DELETE FROM projects`.compile(query));
    case 'read':
      return trace.push(await readProjects(tx, step.via));
    case 'fail':
      return fail(tx, step.how);
  }
}

async function put(
  tx: TenantTransaction,
  ownerId: string,
  { via: how, name: key, description }: Action & { do: 'put' },
) {
  if (how === 'prisma') {
    const { count } = await tx.prisma.project.updateMany({
      where: { name: key },
      data: { description },
    });
    if (count > 0) return;
    await tx.prisma.project.create({ data: { name: key, description, ownerId } });
    return;
  }
  await tx.execute(
    sql`WITH updated AS (
          UPDATE projects SET description = ${description} WHERE name = ${key} RETURNING id
        )
        INSERT INTO projects (id, owner_id, name, description)
        SELECT ${newUuid()}::uuid, ${ownerId}::uuid, ${key}, ${description}
        WHERE NOT EXISTS (SELECT FROM updated)`.compile(query),
  );
}

async function fail(tx: TenantTransaction, how: (Action & { do: 'fail' })['how']): Promise<never> {
  if (how === 'in the database') await divideByZero(tx);
  if (how === 'in a constraint') {
    await tx.prisma.project.create({ data: { name: 'lost', ownerId: newUuid() } });
  }
  throw new Error('refused');
}

function divideByZero(tx: TenantTransaction) {
  return tx.execute(sql`SELECT 1 / 0`.compile(query));
}

/** Every project that the transaction sees, without any condition. */
export async function readProjects(tx: TenantTransaction, how: Via) {
  const rows =
    how === 'prisma'
      ? await tx.prisma.project.findMany()
      : await tx.execute(query.selectFrom('projects').select(['name', 'description']).compile());
  return rows
    .map(({ name: key, description }): [string, string] => [key, description])
    .sort(byName);
}

export function sorted(projects: Projects): [string, string][] {
  return [...projects].sort(byName);
}

function byName([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : 1;
}
