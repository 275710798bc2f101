import {
  type GraphQLEnumType,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
} from 'graphql';
import type { ArgumentPlace } from '../argument-places.js';
import { ORDER_NEEDS } from '../order-needs.js';
import {
  beyond,
  byField,
  type Driving,
  type PageSighting,
  placesBy,
  routesToBusiest,
  routesToMany,
  send,
} from './api-driver.js';
import { candidatesFor } from './candidates.js';
import { COMMON_WORD } from './large-database.js';

/** In rows. */
const PAGE = 20;
/** Far enough from an end for a page to fit between. */
const FROM_THE_END = 2 * PAGE;
const PAGE_SELECTION =
  '{ nodes { __typename } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } }';
const COUNT_SELECTION = '{ totalCount nodes { __typename } }';

interface Order {
  field: string;
  direction: string;
}

/** The other direction reads the same index the other way. */
const isAscending = (order: Order | null) => order === null || !order.direction.startsWith('DESC');

interface List {
  /** `Project.tasks` */
  field: string;
  /** `of one parent`, `of many parents`; nothing for a list of Query. */
  parents: string;
  places: ArgumentPlace[];
  /** Statements that lead there. */
  way: Awaited<ReturnType<typeof send>>['statements'];
}

/**
 * Asks for every list: each order and direction, from both ends, behind and before a cursor near and far,
 * with each filter and with a count; for nested lists of the parent that has most children, and of many.
 */
export async function seeLists(driving: Driving): Promise<void> {
  for (const list of await allLists(driving)) {
    for (const order of ordersOf(list)) await seePages(driving, list, order);
    await seeCount(driving, list);
    // Of many parents it is the same statement.
    if (list.parents === ' of many parents') continue;
    for (const place of list.places) {
      if (place.path.startsWith('filter.')) await seeFilter(driving, list, place);
    }
  }
  await seeCatalog(driving);
}

/** Orders whose pages need all of a list, and criteria that leave many of it, few, and none. */
const IN_FULL = ['RELEVANCE', 'BEST_SELLING'];
const FOUND = [COMMON_WORD, `${COMMON_WORD} 7`, 'nobody'];

/** A page of the catalog along with what its products are counted by, which is one statement where that needs no more. */
async function seeCatalog(driving: Driving): Promise<void> {
  if (!driving.wants('Query.products')) return;
  const subject = 'Query.products with productFacets';
  const ways = IN_FULL.flatMap((field) => [
    { field, kind: '' },
    { field, kind: '(withSubcategories: true)' },
  ]);
  for (const { field, kind } of ways) {
    for (const text of FOUND) {
      const { answer, statements } = await send(driving, {
        query: `query ($filter: ProductFilter) {
          products(first: ${PAGE}, filter: $filter, orderBy: { field: ${field} }) { totalCount nodes { __typename } }
          productFacets(filter: $filter) {
            categories${kind} { count } currencies { count } stock { in } active { active }
          }
        }`,
        variables: { filter: { text } },
      });
      const searches = statements.filter(({ text: sent }) => sent.includes('to_tsquery'));
      if (answer.errors || searches.length !== 1) {
        const fault = answer.errors ? answer.text : `${searches.length} searches instead of one`;
        driving.faults.push(`${subject}: ${fault}`);
      }
      driving.sightings.push({ subject, detail: `${field} of ${text}${kind}`, statements });
    }
  }
}

async function allLists(driving: Driving): Promise<List[]> {
  const { schema, rows } = driving;
  const query = schema.getQueryType()?.name;
  const ways = [
    { parents: ' of one parent', routes: routesToBusiest(rows) },
    { parents: ' of many parents', routes: routesToMany(schema) },
  ];
  const lists: List[] = [];
  for (const { parents, routes } of ways) {
    for (const [field, places] of byField(placesBy(driving, routes))) {
      if (!driving.wants(field)) continue;
      const [place] = places;
      const type = field.split('.')[0] as string;
      if (!place || !getNamedType(place.definition.type).name.endsWith('Connection')) continue;
      const isRoot = type === query;
      // A list of Query has no parents, and needs no second look.
      if (isRoot && parents !== ways[0]?.parents) continue;
      const route = routes[type];
      const way = isRoot || !route ? '__typename' : route('__typename');
      const { statements } = await send(driving, { query: `{ ${way} }` });
      lists.push({ field, parents: isRoot ? '' : parents, places, way: statements });
    }
  }
  return lists;
}

/** Every order that the schema knows; one without a name where there is no choice. */
function ordersOf({ places }: List): (Order | null)[] {
  const argument = places[0]?.definition.args.find(({ name }) => name === 'orderBy');
  if (!argument) return [null];
  const values = (name: string) => {
    const type = inputTypeAt(argument.type, [name]);
    return (type as GraphQLEnumType).getValues().map((value) => value.name);
  };
  return values('field').flatMap((field) =>
    values('direction').map((direction) => ({ field, direction })),
  );
}

interface PageInfo {
  startCursor: string | null;
  endCursor: string | null;
}

async function seePages(driving: Driving, list: List, order: Order | null): Promise<void> {
  const subject = order ? `${list.field} orderBy ${order.field}` : list.field;
  const name = [subject + list.parents, order?.direction].filter(Boolean).join(', ');
  const place = (path: string) => list.places.find((each) => each.path === path);
  const fetchPage = async (size: [string, number], cursor?: [string, string]) => {
    const { answer, statements } = await send(
      driving,
      (place(size[0]) as ArgumentPlace).operation(size[1], {
        selection: PAGE_SELECTION,
        optional: {
          ...(order ? { ...ORDER_NEEDS[order.field], orderBy: order } : {}),
          ...(cursor ? { [cursor[0]]: cursor[1] } : {}),
        },
      }),
    );
    const infos = answer.errors ? [] : pageInfos(answer.data);
    const own = beyond(statements, list.way);
    if (answer.errors) driving.faults.push(`${name}: was refused: ${answer.text}`);
    else if (own.length === 0) driving.faults.push(`${name}: no statement was seen.`);
    return { info: infos[0], statements: own };
  };
  /** Three pages from one end; the far cursor comes from the other end. */
  const walk = async (
    size: 'first' | 'last',
    other: 'first' | 'last',
    from: 'after' | 'before',
    nextCursor: keyof PageInfo,
    farCursor: keyof PageInfo,
  ) => {
    const see = (
      page: Awaited<ReturnType<typeof fetchPage>>,
      depth: PageSighting['depth'],
      detail: string,
    ) =>
      driving.sightings.push({
        subject,
        detail:
          `${name.slice(subject.length).replace(/^[, ]+/, '')} ${size} ${PAGE} ${detail}`.trim(),
        statements: page.statements,
        page: { list: `${name} ${size}`, depth, limit: PAGE + 1 },
      });
    const first = await fetchPage([size, PAGE]);
    see(first, 'first', 'from the end of the list');
    const next = first.info?.[nextCursor];
    if (next) see(await fetchPage([size, PAGE], [from, next]), 'next', `${from} a cursor`);
    const far = (await fetchPage([other, FROM_THE_END])).info?.[farCursor];
    if (far) see(await fetchPage([size, PAGE], [from, far]), 'deep', `${from} a cursor far away`);
    if (!next || !far) driving.faults.push(`${name}: there were too few rows to page ${from} any.`);
  };
  await walk('first', 'last', 'after', 'endCursor', 'startCursor');
  await walk('last', 'first', 'before', 'startCursor', 'endCursor');
}

async function seeCount(driving: Driving, { field, parents, places, way }: List): Promise<void> {
  const place = places.find(({ path }) => path === 'first') as ArgumentPlace;
  const sent = await send(driving, place.operation(PAGE, { selection: COUNT_SELECTION }));
  driving.sightings.push({
    subject: `${field} totalCount`,
    detail: parents.trim(),
    statements: beyond(sent.statements, way),
  });
}

/** A filter by itself in each order, with its count; two filters at once are the planner's to weigh. */
async function seeFilter(driving: Driving, list: List, place: ArgumentPlace): Promise<void> {
  const { field, parents, way } = list;
  if (['list', 'object'].includes(place.kind)) return;
  const values = valuesOf(driving, place);
  let isSeen = false;
  for (const { name, value } of values) {
    const given = value();
    const isCombined = /\.(and|or|not)\./.test(place.path);
    const orders =
      isCombined || parents !== '' ? [null] : [null, ...ordersOf(list).filter(isAscending)];
    for (const order of orders) {
      const { answer, statements } = await send(
        driving,
        place.operation(given, {
          selection: order ? PAGE_SELECTION : COUNT_SELECTION,
          optional: { first: PAGE, ...(order ? { orderBy: order } : {}) },
        }),
      );
      if (answer.errors) break;
      isSeen = true;
      driving.sightings.push({
        subject: `${field} ${place.path}`,
        detail:
          `${parents} = ${name}${order ? ` orderBy ${order.field} ${order.direction}` : ''}`.trim(),
        statements: beyond(statements, way),
        // An id leads where nothing else does: no parent, no other order, no combination.
        hasRivalKeys: place.kind === 'ID' && (parents !== '' || order !== null || isCombined),
      });
    }
  }
  if (!isSeen) driving.faults.push(`${field}: no statement was seen with ${place.path}.`);
}

function valuesOf(driving: Driving, { kind, path, field, definition }: ArgumentPlace) {
  if (kind === 'ID') {
    return driving.rows.map(({ typeName, busiest }) => ({
      name: `the busiest ${typeName}`,
      value: () => busiest,
    }));
  }
  if (kind !== 'enum') return candidatesFor(driving, kind, path, field);
  const [argument, ...steps] = path.split('.');
  const root = definition.args.find(({ name }) => name === argument)?.type as GraphQLInputType;
  const type = inputTypeAt(root, steps);
  return isEnumType(type) ? type.getValues().map(({ name }) => ({ name, value: () => name })) : [];
}

/** The named type at the end of a path through lists and input objects. */
function inputTypeAt(type: GraphQLInputType, steps: readonly string[]) {
  let named = getNamedType(type);
  for (const step of steps) {
    if (/^\d+$/.test(step)) continue;
    const inner = isInputObjectType(named) ? named.getFields()[step] : undefined;
    if (!inner) throw new TypeError(`${named.name} has no ${step}`);
    named = getNamedType(inner.type);
  }
  return named;
}

/** Of all pages in an answer, those that have rows. */
function pageInfos(data: unknown): PageInfo[] {
  if (typeof data !== 'object' || data === null) return [];
  const { pageInfo } = data as { pageInfo?: PageInfo };
  const own = pageInfo?.endCursor ? [pageInfo] : [];
  return [...own, ...Object.values(data).flatMap(pageInfos)];
}
