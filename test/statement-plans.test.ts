import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { extendSchema, parse } from 'graphql';
import { SHOPPER_OPERATIONS } from '../src/identity/index.js';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import { PLANNER_OPTIONS } from '../src/tenancy/connection-pool.js';
import {
  ACCEPTED_VIOLATIONS,
  acceptances,
  contractViolations,
  describeViolation,
  type Seen,
  type Sighting,
  settle,
  startTappedApi,
  statementsOfApi,
  type TappedApi,
  type Violation,
} from './support/statement-plans/index.js';

let tapped: TappedApi;
let seen: Seen;
let violations: Violation[];

beforeAll(async () => {
  tapped = await startTappedApi();
  seen = await statementsOfApi(tapped, tapped.schema);
  violations = await withAdminConnection(asServed(), (client) =>
    contractViolations(client, seen.sightings, tapped.tables),
  );
}, 180_000);

afterAll(() => tapped?.close());

describe('the statements of the API', () => {
  it('were seen for every field, list, order, filter and mutation of the schema', () => {
    expect(seen.faults).toEqual([]);
    const texts = new Set(seen.sightings.flatMap(({ statements }) => statements).map(textOf));
    const subjects = new Set(seen.sightings.map(({ subject }) => subject));
    process.stdout.write(
      `${texts.size} statements of ${subjects.size} places of the API keep to the contract, but for ${ACCEPTED_VIOLATIONS.flatMap(acceptances).length} exceptions\n`,
    );
    expect(texts.size).toBeGreaterThan(100);
  });

  it('find their keys in an index, read no table in full, and sort no more than a page', () => {
    const { open } = settle(violations, ACCEPTED_VIOLATIONS);
    expect(open.map(describeViolation).join('\n\n')).toBe('');
  });

  it('keep to it for shoppers as well, whose policies are others', async () => {
    const open = seen.sightings
      .filter(({ subject }) =>
        [...SHOPPER_OPERATIONS.keys()].some((name) => subject.startsWith(name)),
      )
      .map((each) => ({ ...each, statements: each.statements.filter(isForShoppers) }))
      .filter(({ statements }) => statements.length > 0);
    expect(open.length).toBeGreaterThan(20);
    const found = await withAdminConnection(asServed(), (client) =>
      contractViolations(client, open, tapped.tables, { role: 'rowhouse_shopper' }),
    );
    const { open: unaccepted } = settle(found, ACCEPTED_VIOLATIONS);
    expect(unaccepted.map(describeViolation).join('\n\n')).toBe('');
  });

  it('need every exception that is made for them', () => {
    expect(settle(violations, ACCEPTED_VIOLATIONS).unneeded).toEqual([]);
  });
});

describe('the contract', () => {
  it('notices a list whose order has lost its index', async () => {
    const faults = await violationsWithout(
      ['users_org_id_name_id_idx'],
      'Query.users orderBy NAME',
    );
    expect(faults).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Query\.users orderBy NAME breaks the rule "no sort of more than a/),
        expect.stringMatching(/^Query\.users orderBy NAME breaks the rule "key in an Index Cond"/),
      ]),
    );
    expect(faults.join('\n')).toMatch(/statement: select "users"\."id".*what to do: /s);
  });

  it('notices a nested list whose parent is found in a filter', async () => {
    const faults = await violationsWithout(
      ['tasks_org_id_project_id_created_at_id_idx'],
      'Project.tasks orderBy CREATED_AT',
    );
    expect(faults).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/breaks the rule "key in an Index Cond".*parent gives is compared/s),
        expect.stringMatching(/breaks the rule "rows of a page"/),
      ]),
    );
  });

  it('notices a lookup by ids that are found in a filter', async () => {
    const faults = await violationsWithout(['tasks_pkey'], 'Query.task');
    expect(faults.join()).toMatch(
      /^Query\.task breaks the rule "key in an Index Cond".*\(custom plan\): .* on tasks,/s,
    );
  });

  it('notices a table that is read from end to end', async () => {
    const indexes = await indexesOf('tasks');
    const faults = await violationsWithout(indexes, 'Query.task');
    expect(faults.join()).toMatch(/^Query\.task breaks the rule "no sequential scan".* on tasks,/s);
    expect(await violationsWithout(indexes, 'Query.projects orderBy NAME')).toEqual([]);
  });

  it('notices an index that does not begin with the organization', async () => {
    const faults = await violationsAfter(
      [...(await indexesOf('tasks')).map(dropIndex), 'CREATE INDEX by_id ON tasks (id)'],
      ({ subject }) => subject === 'Query.task',
    );
    expect(faults.join()).toMatch(
      /breaks the rule "organization in an Index Cond".*by_id on tasks/s,
    );
  });

  it.each([
    [
      'a cursor in a form that no index serves',
      '(tasks.created_at > $3 OR tasks.created_at = $3 AND tasks.id > $4)',
    ],
    ['a key that is cast', "(tasks.created_at, tasks.id::text) > ($3, $4::text) AND $4 <> ''"],
  ])('notices %s', async (_what, condition) => {
    const page = await pageOf('Query.tasks orderBy CREATED_AT', 'deep');
    const { values = [] } = page.statements.find(({ text }) => text.includes('from "tasks"')) ?? {};
    const cursor = values.find((value) => value?.startsWith('20')) as string;
    const id = values.findLast((value) => /^[0-9a-f-]{36}$/.test(value ?? ''));
    const faults = await violationsOf([
      changed(
        page,
        `SELECT * FROM tasks WHERE org_id = $1 AND deleted_at IS NULL AND ${condition} ORDER BY created_at, id LIMIT $2`,
        [tapped.large.tenant.orgId, '21', cursor, id as string],
      ),
    ]);
    expect(faults.join('\n')).toMatch(/breaks the rule "(key in an Index Cond|rows of a page)"/);
  });

  it('notices a page that reads all that comes before it', async () => {
    const [first, deep] = await Promise.all(
      (['first', 'deep'] as const).map(async (depth) =>
        changed(
          await pageOf('Query.tasks orderBy CREATED_AT', depth),
          'SELECT * FROM tasks WHERE org_id = $1 AND deleted_at IS NULL ORDER BY created_at, id LIMIT 21 OFFSET $2',
          [tapped.large.tenant.orgId, depth === 'deep' ? '15000' : '0'],
        ),
      ),
    );
    const faults = await violationsOf([first as Sighting, deep as Sighting]);
    expect(faults.join('\n')).toMatch(/"a deep page costs what the first costs".*\d+ blocks/s);
  });

  it('notices what the schema promises and no statement was seen of, by its name', async () => {
    const promising = extendSchema(
      tapped.schema,
      parse(`
        extend type Query { milestones(first: Int, after: String, last: Int, before: String): TaskConnection! }
        extend enum UserOrderField { SHOE_SIZE }
        extend input ProjectFilter { budget: Int }
        extend type Mutation { archiveTask(id: ID!): Task }`),
    );
    const { faults } = await statementsOfApi(tapped, promising, (field) =>
      ['Query.milestones', 'Query.users', 'Query.projects', 'Mutation.archiveTask'].includes(field),
    );
    expect(faults).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Query\.milestones: was refused/),
        expect.stringMatching(/^Query\.users orderBy SHOE_SIZE, DESC: was refused/),
        expect.stringMatching(/^Query\.projects: no statement was seen with filter\.budget\./),
        expect.stringMatching(/^Mutation\.archiveTask: has never succeeded/),
      ]),
    );
  }, 120_000);
});

/** What requests are served through, with what that tells the planner. */
function asServed(): string {
  const url = new URL(tapped.api.database.appUrl);
  url.searchParams.set('options', PLANNER_OPTIONS);
  return url.href;
}

/** What reads nothing but what they may read, and changes nothing. */
const isForShoppers = ({ text }: { text: string }) =>
  /^\s*(select|with)\b/i.test(text) &&
  /"?(products|categories|sessions|users)"?\b/.test(text) &&
  !/\b(insert|update|delete|for (update|share|key share))\b|low_stock|low_since|stock_movements|password_hash|"stamp"|api_keys|"roles"|"organizations"/i.test(
    text,
  );

const textOf = ({ text }: { text: string }) => text;

/** What the contract says of one subject's statements in a database without these indexes. */
function violationsWithout(indexes: readonly string[], subject: string): Promise<string[]> {
  return violationsAfter(indexes.map(dropIndex), (sighting) => sighting.subject === subject);
}

/** An index of a constraint goes with its constraint. */
function dropIndex(name: string): string {
  const table = name.split('_')[0];
  return name.endsWith('_pkey')
    ? `ALTER TABLE ${table} DROP CONSTRAINT ${name} CASCADE`
    : `DROP INDEX ${name}`;
}

async function violationsAfter(
  before: readonly string[],
  which: (sighting: Sighting) => boolean,
): Promise<string[]> {
  return violationsOf(seen.sightings.filter(which), before);
}

/** As a superuser, who may change the database first, in transactions that are rolled back. */
async function violationsOf(sightings: Sighting[], before: readonly string[] = []) {
  expect(sightings).not.toEqual([]);
  const found = await withAdminConnection(tapped.api.database.superuserUrl, (client) =>
    contractViolations(client, sightings, tapped.tables, { before }),
  );
  return found.map(describeViolation);
}

async function indexesOf(table: string): Promise<string[]> {
  return withAdminConnection(tapped.api.database.superuserUrl, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      'SELECT indexname::text AS name FROM pg_indexes WHERE tablename = $1',
      [table],
    );
    return rows.map(({ name }) => name);
  });
}

async function pageOf(subject: string, depth: 'first' | 'deep'): Promise<Sighting> {
  const page = seen.sightings.find(
    (each) => each.subject === subject && each.page?.depth === depth,
  );
  if (!page) throw new Error(`No ${depth} page of ${subject} was seen.`);
  return page;
}

/** The same page, fetched by another statement. */
function changed(page: Sighting, text: string, values: string[]): Sighting {
  const context = page.statements[0]?.context ?? '';
  return { ...page, statements: [{ text, types: [], values, context }] };
}
