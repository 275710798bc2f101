import pg from 'pg';
import { type Api, type Organization, startApi } from '../api.js';
import { commerceFaults } from '../commerce-faults.js';
import { absentId, Perspective } from './perspective.js';
import { isReference, ORGANIZATIONS, type Program } from './program.js';
import { createShoppers, type Shoppers, selfOf, shownOfOthers } from './shoppers.js';
import { insertStartingRows } from './starting-rows.js';
import { insertStartingShop, SHOP_TABLES } from './starting-shop.js';
import {
  type Actor,
  type Argument,
  MUTATIONS,
  QUERIES,
  type Reference,
  ROW_KINDS,
  SHOPPERS,
  type Step,
} from './step.js';
import { storedRows } from './stored-rows.js';

/** What a program came to for one organization, without ids and times. */
export interface Result {
  /** Status, data and errors of each of its steps, in order. */
  answers: unknown[];
  /** Every row that it has in the end. */
  rows: unknown;
}

/** Where programs run: an API, and the organizations that are in its database. */
export interface Place {
  api: Api;
  /** A superuser's connection, kept open: making one takes as long as a step. */
  admin: pg.Client;
  /** By their number in a program; in a place of its own, an organization is the only one. */
  organizations: ReadonlyMap<number, Participants>;
}

/** Who sends the steps of an organization. */
interface Participants {
  organization: Organization;
  shoppers: Shoppers;
}

/** A request as it is sent, and what of it is somebody else's. */
interface Sent {
  query: string;
  variables: Record<string, unknown>;
  /** In the order in which they stand in the step. */
  foreign: unknown[];
}

/** What a step has named of others when all ran together; alone, it names the same. */
export type ForeignArguments = ReadonlyMap<Step, readonly unknown[]>;

/** @param numbers which of the organizations are in it */
export async function createPlace(connections: number, numbers: readonly number[]): Promise<Place> {
  const api = await startApi({ pool: { size: connections } });
  const admin = new pg.Client({ connectionString: api.database.superuserUrl });
  await admin.connect();
  const organizations = new Map<number, Participants>();
  for (const number of numbers) {
    const organization = await api.createOrganization(ORGANIZATIONS[number]);
    const shoppers = await createShoppers(api, organization);
    organizations.set(number, { organization, shoppers });
  }
  return { api, admin, organizations };
}

export async function closePlace({ api, admin }: Place): Promise<void> {
  await admin.end();
  await api.close();
}

/** Runs the whole program: the steps of a round at the same time, one round after the other. */
export async function runTogether(
  place: Place,
  { rounds }: Program,
): Promise<{ results: Map<number, Result>; foreign: ForeignArguments; faults: string[] }> {
  const foreign = new Map<Step, readonly unknown[]>();
  const runs = await begin(place);
  const numbers = [...runs.keys()];
  for (const round of rounds) {
    // All are resolved before any is sent: what a step names must not depend on who is faster.
    const sending = round.map((step) => {
      const run = runOf(runs, step);
      const next = numbers[(numbers.indexOf(step.organization) + 1) % numbers.length] as number;
      const neighbour = (runs.get(next) as Run).perspective;
      const sent = resolve(step, run.perspective, (reference) =>
        named(reference, neighbour, step.as),
      );
      foreign.set(step, sent.foreign);
      return { run, step, sent };
    });
    await Promise.all(sending.map(({ run, step, sent }) => send(run, step, sent)));
  }
  const faults = [...runs.values()].flatMap((run) => run.faults);
  for (const { organization } of runs.values()) {
    faults.push(...(await commerceFaults(place.admin, organization.tenant.orgId)));
  }
  return { results: await finish(place, runs), foreign, faults };
}

/** Runs the steps of one organization, in a place where it is the only one. */
export async function runAlone(
  place: Place,
  { rounds }: Program,
  foreign: ForeignArguments,
): Promise<Result | undefined> {
  const runs = await begin(place);
  for (const step of rounds.flat()) {
    const run = runs.get(step.organization);
    if (!run) continue;
    const values = [...(foreign.get(step) ?? [])];
    await send(
      run,
      step,
      resolve(step, run.perspective, () => values.shift()),
    );
  }
  const [result] = (await finish(place, runs)).values();
  return result;
}

interface Run extends Participants {
  perspective: Perspective;
  answers: unknown[];
  /** What is wrong with the answers by themselves. */
  faults: string[];
}

/** Leaves every organization with its people and the rows that programs start with. */
async function begin({ admin, organizations }: Place): Promise<Map<number, Run>> {
  await admin.query(
    [...SHOP_TABLES, 'tasks', 'projects', "users WHERE password_hash <> 'none'"]
      .map((rows) => `DELETE FROM ${rows}`)
      .join(';'),
  );
  const runs = new Map<number, Run>();
  for (const [number, { organization, shoppers }] of organizations) {
    const rows = await insertStartingRows(admin, organization);
    const shop = await insertStartingShop(admin, organization, shoppers.owners);
    const perspective = new Perspective(organization.slug);
    const { id, owner, admin: second, member, viewer } = organization;
    perspective.see([id, owner.id, second.id, member.id, viewer.id, rows, shop], new Set());
    runs.set(number, { organization, shoppers, perspective, answers: [], faults: [] });
  }
  return runs;
}

function runOf(runs: Map<number, Run>, { organization }: Step): Run {
  return runs.get(organization) as Run;
}

async function send(run: Run, step: Step, { query, variables, foreign }: Sent): Promise<void> {
  const people = { ...run.organization, ...run.shoppers };
  const { status, data, errors, extensions, text } = await people[step.as].send(query, variables);
  run.faults.push(...shownOfOthers(step.as, text));
  if (text.includes('GRAPHQL_VALIDATION_FAILED')) run.faults.push(`was not executed: ${text}`);
  const given = new Set(foreign);
  for (const kind of ROW_KINDS) given.add(absentId(kind));
  run.answers.push(run.perspective.see({ status, data, errors, extensions }, given));
}

async function finish({ admin }: Place, runs: Map<number, Run>): Promise<Map<number, Result>> {
  const results = new Map<number, Result>();
  for (const [number, { organization, perspective, answers }] of runs) {
    const rows = await storedRows(admin, organization.tenant.orgId);
    results.set(number, { answers, rows: perspective.see(rows, new Set()) });
  }
  return results;
}

/** The request of a step, with values in the place of references. */
function resolve(
  { request, as }: Step,
  own: Perspective,
  foreignValue: (reference: Reference) => unknown,
): Sent {
  const staff = !SHOPPERS.some((shopper) => shopper === as);
  const foreign: unknown[] = [];
  const resolved = (reference: Reference): unknown => {
    if (!isForeign(reference)) return named(reference, own, as);
    const value = foreignValue(reference);
    foreign.push(value);
    return value;
  };
  const convert = (argument: Argument): unknown => {
    if (isReference(argument)) return resolved(argument);
    if (Array.isArray(argument)) return argument.map(convert);
    if (typeof argument !== 'object' || argument === null) return argument;
    const fields = Object.entries(argument) as [string, Argument][];
    return Object.fromEntries(fields.map(([name, value]) => [name, convert(value)]));
  };
  if ('query' in request) {
    const variables = { ...(convert(request.variables) as object), staff };
    return { query: QUERIES[request.query], variables, foreign };
  }
  const inputs = request.mutation.map(({ input }, index) => [`in${index}`, convert(input)]);
  const variables = { ...Object.fromEntries(inputs), staff };
  return { query: mutationOf(request.mutation), variables, foreign };
}

function mutationOf(fields: readonly { name: keyof typeof MUTATIONS }[]): string {
  const parameters: string[] = [];
  const selections = fields.map(({ name }, index) => {
    const { input, selection } = MUTATIONS[name];
    if (input !== null) parameters.push(`$in${index}: ${input}!`);
    return `field${index}: ${name}${input === null ? '' : `(input: $in${index})`} { ${selection} }`;
  });
  if (selections.some((selection) => selection.includes('$staff'))) {
    parameters.push('$staff: Boolean!');
  }
  const declared = parameters.length > 0 ? `(${parameters.join(', ')})` : '';
  return `mutation ${declared} { ${selections.join(' ')} }`;
}

function isForeign(reference: Reference): boolean {
  if (reference.ref === 'version') return reference.row.of === 'foreign';
  return 'of' in reference && reference.of === 'foreign';
}

/** What a reference means to who has seen as much. */
function named(reference: Reference, seen: Perspective, as: Actor): unknown {
  switch (reference.ref) {
    case 'self':
      return selfOf(seen.marker, as);
    case 'text':
      return `${seen.marker} ${reference.words}`;
    case 'cursor':
      return isForeign(reference)
        ? seen.cursorForOthers(reference.index)
        : seen.cursor(reference.index);
    case 'version': {
      const { row, beside } = reference;
      return seen.version(seen.row(row.ref, row.index) ?? '') + beside;
    }
    default:
      return seen.row(reference.ref, reference.index) ?? absentId(reference.ref);
  }
}
