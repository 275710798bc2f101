import { buildClientSchema, type GraphQLSchema, getIntrospectionQuery } from 'graphql';
import { readEnvironment } from '../../../src/config/environment.js';
import type { ServerSettings } from '../../../src/server/index.js';
import { withAdminConnection } from '../../../src/tenancy/admin-connection.js';
import type { Api, Organization } from '../api.js';
import { type ArgumentPlace, argumentPlaces } from '../argument-places.js';
import { orderStates } from '../order-states.js';
import { secondFactorStates } from '../second-factor-states.js';
import type { ShopperKind } from '../shown-to-shoppers.js';
import { type Row, type TenantTable, tenantTables } from '../tenant-tables.js';
import { AnswerReader } from './answer-reader.js';
import { ownedTables } from './attack-database.js';
import { attackLists } from './attack-lists.js';
import { AttackReport, type AttackResult } from './attack-report.js';
import { Attacker } from './attacker.js';
import { entityKinds } from './entity-kinds.js';
import { inTurn } from './in-turn.js';
import { type Durations, PlaceAttacker } from './place-attacker.js';
import { PlaceRefusals } from './place-refusals.js';
import { RowGuard } from './row-guard.js';
import { objectTypes, routesOf } from './schema-routes.js';
import type { Caller } from './shoppers.js';
import { takeSides } from './sides.js';
import {
  anyValue,
  isApart,
  isIndifferent,
  isWords,
  plainValue,
  type Reference,
  textMeaning,
  unclassified,
} from './text-places.js';
import { rowsOf } from './twin-rows.js';

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

/** Who attacks: somebody who may do everything in their organization, or a shopper of it. */
export type AttackerRole = 'owner' | ShopperKind;

/**
 * Attacks every place of the API that can name a row and is open to the attacker: as one organization for the rows
 * of its twin, or as a shopper for these and for all rows of the own organization that are not theirs. The places,
 * the ways to them and the kinds of ids are found in the schema and in the answers.
 *
 * @param api started with `ATTACK_SERVER_OPTIONS`
 */
export async function attackApi(api: Api, role: AttackerRole = 'owner'): Promise<ApiAttackResult> {
  const report = new AttackReport();
  const { data } = await api.send(getIntrospectionQuery());
  return withAdminConnection(api.database.superuserUrl, async (superuser) => {
    const tables = ownedTables(await tenantTables(superuser), report);
    const sides = await takeSides({ api, superuser, tables, report, introspection: data, role });
    if (!sides) return { ...report.result, fields: [], durations: { foreign: [], unknown: [] } };
    const { own, foreign, caller, victims, schema, words, bystanders } = sides;
    const rows = new Map<TenantTable, { ours: Row[]; theirs: Row[] }>();
    for (const table of tables) {
      const ofOwn = await rowsOf(superuser, table, own.tenant.orgId);
      const others = ofOwn.filter((row) => !sides.isOwn(table, row));
      rows.set(table, {
        ours: ofOwn.filter((row) => sides.isOwn(table, row)),
        theirs: inTurn(others, await rowsOf(superuser, table, foreign.tenant.orgId)),
      });
    }
    const guard = new RowGuard(superuser, tables, sides.attacking);
    await guard.remember([own.tenant.orgId, foreign.tenant.orgId]);

    const kinds = await entityKinds(buildClientSchema(data), own.owner, rows, report);
    const reader = new AnswerReader(
      kinds.flatMap((kind) => kind.own),
      [...marksOf(foreign, rows), ...kinds.flatMap((kind) => kind.foreign), ...words.foreign],
    );
    const attackerOf = (person: Caller) => new Attacker(person, reader, guard, report);
    const attacker = attackerOf(caller);
    const places = placesToAttack(schema, report);
    const names = ({ table, column }: Reference) => {
      const found = [...rows].find(([{ name }]) => name === table)?.[1];
      const values = (of: Row[] = []) => of.map((row) => String(row[column]));
      const taken = new Set(values(found?.ours));
      return {
        own: values(found?.ours),
        foreign: values(found?.theirs).filter((name) => !taken.has(name)),
      };
    };
    const placeAttacker = new PlaceAttacker({
      ...{ schema, places, kinds, attacker, victims, names, words },
      isIndifferent: (place) => role !== 'owner' && isIndifferent(role, place),
      bystanders: new PlaceRefusals(
        bystanders.map(({ person, ...of }) => ({ ...of, attacker: attackerOf(person) })),
      ),
    });
    const fields = new Set<string>();
    for (const field of await attackLists(schema, attacker, victims)) fields.add(field);
    const actor = { tenant: own.tenant, owner: caller };
    const arrange = { ...secondFactorStates(superuser, actor), ...orderStates(superuser, actor) };
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
