import { buildClientSchema, type GraphQLSchema, getIntrospectionQuery } from 'graphql';
import { readEnvironment } from '../../../src/config/environment.js';
import { PasswordHasher } from '../../../src/identity/session/password-hasher.js';
import type { ServerSettings } from '../../../src/server/index.js';
import { withAdminConnection } from '../../../src/tenancy/admin-connection.js';
import type { Api, Organization } from '../api.js';
import { type ArgumentPlace, argumentPlaces } from '../argument-places.js';
import { orderStates } from '../order-states.js';
import { secondFactorStates } from '../second-factor-states.js';
import { type Row, type TenantTable, tenantTables } from '../tenant-tables.js';
import { AnswerReader } from './answer-reader.js';
import { ownedTables } from './attack-database.js';
import { attackLists } from './attack-lists.js';
import { AttackReport, type AttackResult } from './attack-report.js';
import { Attacker } from './attacker.js';
import { entityKinds } from './entity-kinds.js';
import { COMMON_WORD, newWord } from './made-up-values.js';
import { type Durations, PlaceAttacker } from './place-attacker.js';
import { RowGuard } from './row-guard.js';
import { objectTypes, routesOf } from './schema-routes.js';
import {
  anyValue,
  isApart,
  isWords,
  plainValue,
  type Reference,
  textMeaning,
  unclassified,
} from './text-places.js';
import { furnish, rowsOf } from './twin-rows.js';

/** What `startApi` has to be given for the attacks: they ask for more at once than clients may. */
export const ATTACK_SERVER_OPTIONS: Partial<ServerSettings> = {
  limits: {
    ...readEnvironment({ NODE_ENV: 'test' }).server.limits,
    depth: 100,
    aliases: 10_000,
    tokens: 100_000,
    cost: 1_000_000_000,
  },
};

export interface ApiAttackResult extends AttackResult {
  /** Fields that were attacked: `Query.task`. */
  fields: string[];
  durations: Durations;
}

/**
 * Attacks every place of the API that can name a row, as one organization for the rows of its twin. The
 * places, the ways to them and the kinds of ids are found in the schema and in the answers.
 *
 * @param api started with `ATTACK_SERVER_OPTIONS`
 */
export async function attackApi(api: Api): Promise<ApiAttackResult> {
  const report = new AttackReport();
  const { data } = await api.send(getIntrospectionQuery());
  const schema = buildClientSchema(data);
  return withAdminConnection(api.database.superuserUrl, async (superuser) => {
    const tables = ownedTables(await tenantTables(superuser), report);
    const twins = await createTwins(api, report);
    if (!twins) return { ...report.result, fields: [], durations: { foreign: [], unknown: [] } };
    const [own, foreign] = twins;
    const words = { own: newWord(), foreign: newWord() };
    // One password for all: whoever is found can be signed in as.
    const columns = { password_hash: await new PasswordHasher().hash(COMMON_WORD) };
    for (const [{ tenant }, word] of [
      [own, words.own] as const,
      [foreign, words.foreign] as const,
    ]) {
      for (const fault of await furnish(superuser, tables, tenant.orgId, { word, columns })) {
        report.breach(fault);
      }
      // Who was there before as well: the attacker's own password is a place like any other.
      await superuser.query('UPDATE users SET password_hash = $1 WHERE org_id = $2', [
        columns.password_hash,
        tenant.orgId,
      ]);
    }
    const rows = new Map<TenantTable, { ours: Row[]; theirs: Row[] }>();
    for (const table of tables) {
      rows.set(table, {
        ours: await rowsOf(superuser, table, own.tenant.orgId),
        theirs: await rowsOf(superuser, table, foreign.tenant.orgId),
      });
    }
    const guard = new RowGuard(superuser, tables, own.tenant.orgId);
    await guard.remember([own.tenant.orgId, foreign.tenant.orgId]);

    const kinds = await entityKinds(schema, own.owner, rows, report);
    const reader = new AnswerReader(
      kinds.flatMap((kind) => kind.own),
      [...marksOf(foreign, rows), ...kinds.flatMap((kind) => kind.foreign), words.foreign],
    );
    const attacker = new Attacker(own.owner, reader, guard, report);
    const places = placesToAttack(schema, report);
    const names = ({ table, column }: Reference) => {
      const found = [...rows].find(([{ name }]) => name === table)?.[1];
      const values = (of: Row[] = []) => of.map((row) => String(row[column]));
      return { own: values(found?.ours), foreign: values(found?.theirs) };
    };
    const arsenal = { schema, places, kinds, attacker, victim: foreign.owner, names, words };
    const placeAttacker = new PlaceAttacker(arsenal);
    const fields = new Set<string>();
    for (const field of await attackLists(schema, attacker, foreign.owner)) fields.add(field);
    const arrange = { ...secondFactorStates(superuser, own), ...orderStates(superuser, own) };
    for (const place of places) {
      const arranged = arrange[place.field]?.();
      if (arranged) {
        await arranged;
        await guard.remember([own.tenant.orgId, foreign.tenant.orgId]);
      }
      if (!(await attackPlace(place, placeAttacker, report))) continue;
      fields.add(place.field);
      await attacker.checkRows(place.name);
    }
    return { ...report.result, fields: [...fields], durations: placeAttacker.durations };
  });
}

/** @returns undefined, with a breach, when the product cannot even make an organization */
async function createTwins(
  api: Api,
  report: AttackReport,
): Promise<[Organization, Organization] | undefined> {
  try {
    return [await api.createOrganization(), await api.createOrganization()];
  } catch (error) {
    report.breach(`No organization can be made: ${(error as Error).message}`);
    return undefined;
  }
}

/** @returns whether there was anything to attack with */
async function attackPlace(
  place: ArgumentPlace,
  attacker: PlaceAttacker,
  report: AttackReport,
): Promise<boolean> {
  const { kind, path, field } = place;
  // What holds others is attacked through them; an enum has no values but its own.
  if (['list', 'object', 'enum'].includes(kind) || isApart(place)) return false;
  if (kind === 'ID') {
    await attacker.attackWithIds(place);
    return true;
  }
  const meaning = textMeaning(kind, path, field);
  if (meaning === null) {
    if (plainValue(kind) === undefined) {
      report.breach(
        `${place.name}: nobody has said what a ${kind} is. Add it to test/support/attacks/text-places.ts.`,
      );
    }
    return false;
  }
  if (isWords(meaning)) return false;
  if (meaning === undefined) report.breach(unclassified(place.name));
  else if (meaning === 'token' || needsToken(place)) return false;
  else if (meaning === 'cursor') await attacker.attackWithCursors(place);
  else if (meaning === 'free') await attacker.attackWithWords(place);
  else await attacker.attackWithNames(place, meaning);
  return meaning !== undefined;
}

/** Beside a token that is not good nothing makes a difference; its feature's own tests have good ones. */
function needsToken(place: ArgumentPlace): boolean {
  const { required } = place.operation(null);
  return required.some(({ scalar, path }) => textMeaning(scalar, path) === 'token');
}

function placesToAttack(schema: GraphQLSchema, report: AttackReport): ArgumentPlace[] {
  const routes = routesOf(schema);
  const reached: typeof routes = {};
  for (const type of objectTypes(schema)) {
    const route = routes[type.name];
    const takesArguments = Object.values(type.getFields()).some(({ args }) => args.length > 0);
    if (route) reached[type.name] = route;
    else if (takesArguments) {
      report.breach(`${type.name}: no way leads there from Query without an argument.`);
      // Its places are listed all the same, and fail as they are tried.
      reached[type.name] = (inner) => inner;
    }
  }
  return argumentPlaces(schema, {
    routes: reached,
    good: (scalar, _field, path) => anyValue(scalar, path),
  });
}

/** What tells that an answer shows something of an organization. */
function marksOf(
  { slug, tenant }: Organization,
  rows: ReadonlyMap<TenantTable, { theirs: Row[] }>,
): string[] {
  const uuids = [...rows.values()].flatMap(({ theirs }) =>
    theirs.flatMap(({ id }) => (id === undefined ? [] : [String(id)])),
  );
  return [slug, tenant.orgId, ...uuids];
}
