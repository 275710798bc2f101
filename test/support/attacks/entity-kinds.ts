import { type GraphQLObjectType, type GraphQLSchema, getNamedType } from 'graphql';
import { encodeId, type IdPrefix, newUuid, tryDecodeId } from '../../../src/shared/ids.js';
import type { Row, TenantTable } from '../tenant-tables.js';
import type { AttackReport } from './attack-report.js';
import { objectTypes, routesOf } from './schema-routes.js';
import type { Caller } from './shoppers.js';

/** A kind of thing that has a public id. */
export interface EntityKind {
  typeName: string;
  /** What its ids begin with: `task`. */
  prefix: IdPrefix;
  table: string;
  /**
   * Public ids of all rows that are the attacker's own, deleted ones included, oldest first; none of what shoppers
   * have nothing of.
   */
  own: string[];
  /** Those of others. */
  foreign: string[];
  /** An id of this kind that nothing has. */
  unknown: string;
}

/**
 * Learns the kinds from the product itself: it is asked for everything that a caller can see, each type
 * by its own route, and the ids that come back are looked up in the tables.
 *
 * @param caller of the attacking organization, who sees something of everything
 * @param rows of the attacker and of others, by table
 * @param report gets a breach for a type whose ids could not be seen
 */
export async function entityKinds(
  schema: GraphQLSchema,
  caller: Caller,
  rows: ReadonlyMap<TenantTable, { ours: Row[]; theirs: Row[] }>,
  report: AttackReport,
): Promise<EntityKind[]> {
  const routes = routesOf(schema);
  const kinds: EntityKind[] = [];
  for (const type of objectTypes(schema).filter(hasId)) {
    const typeName = type.name;
    const route = routes[typeName];
    if (!route) {
      report.breach(`${typeName}: no way leads there from Query without an argument.`);
      continue;
    }
    const answer = await caller.send(`{ ${route('__typename id')} }`);
    const seen = idsOf(answer.data, typeName).map(tryDecodeId).find(Boolean);
    const found = [...rows].find(([, { ours, theirs }]) =>
      [...ours, ...theirs].some(({ id }) => id === seen?.uuid),
    );
    if (!seen || !found) {
      report.breach(
        `${typeName}: none of the caller's own is seen by ${route('id')}: ${answer.text}`,
      );
      continue;
    }
    const [{ name: table }, { ours, theirs }] = found;
    const prefix = seen.prefix as IdPrefix;
    const publicIds = (of: Row[]) => of.map(({ id }) => encodeId(prefix, id as string));
    kinds.push({
      typeName,
      prefix,
      table,
      own: publicIds(ours),
      foreign: publicIds(theirs),
      unknown: encodeId(prefix, newUuid()),
    });
  }
  return kinds;
}

function hasId(type: GraphQLObjectType): boolean {
  const { id } = type.getFields();
  return id !== undefined && getNamedType(id.type).name === 'ID';
}

/** The ids of all objects of a type, wherever they stand in the data. */
function idsOf(data: unknown, typeName: string): string[] {
  if (typeof data !== 'object' || data === null) return [];
  const { __typename, id } = data as { __typename?: string; id?: string };
  const own = __typename === typeName && id ? [id] : [];
  return [...own, ...Object.values(data).flatMap((inner) => idsOf(inner, typeName))];
}
