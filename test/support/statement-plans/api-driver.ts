import { type GraphQLSchema, getNamedType, isRequiredArgument } from 'graphql';
import type { Answer, Person } from '../api.js';
import { type ArgumentPlace, argumentPlaces, type Route } from '../argument-places.js';
import { routesOf } from '../attacks/schema-routes.js';
import { anyValue, type Reference } from '../attacks/text-places.js';
import { MIDDLE_MOMENT } from './large-database.js';
import type { OwnRows } from './own-rows.js';
import type { SentStatement, WireTap } from './wire-tap.js';

/** Statements, and what of the API has sent them. */
export interface Sighting {
  /** What one changes to change the statement: `Query.tasks orderBy TITLE`. */
  subject: string;
  /** How it was asked for: `DESC, 20 behind a cursor at the far end`. */
  detail: string;
  statements: SentStatement[];
  /** See `scanOffences`. */
  hasRivalKeys?: boolean;
  /** For a page of a list without a filter. */
  page?: PageSighting;
}

export interface PageSighting {
  /** The same for all pages of one list in one order. */
  list: string;
  depth: 'first' | 'next' | 'deep';
  limit: number;
}

/** What the statements are gathered with. */
export interface Driving {
  schema: GraphQLSchema;
  person: Person;
  tap: WireTap;
  rows: readonly OwnRows[];
  /** Names of rows of the organization, for text that names one. */
  names(reference: Reference): string[];
  /** Tokens that are good once, by the mutation that takes them: `Mutation.refreshSession`. */
  tokens: Record<string, string[] | (() => string)>;
  /** What has to be so for a mutation to succeed, made so before each try. */
  arrange: Record<string, () => Promise<void>>;
  /** Which fields are asked for: `Query.tasks`. */
  wants(field: string): boolean;
  sightings: Sighting[];
  /** What could not be seen, a sentence each; names the field. */
  faults: string[];
}

export interface Sent {
  answer: Answer;
  statements: SentStatement[];
}

/** Sends one operation, and waits for its end, so that the statements are its own. */
export async function send(
  { person, tap }: Driving,
  { query, variables }: { query: string; variables?: object },
): Promise<Sent> {
  tap.take();
  const answer = await person.send(query, variables);
  return { answer, statements: tap.take() };
}

/** Statements without those that were sent just to get there, as often as they were. */
export function beyond(statements: SentStatement[], way: SentStatement[]): SentStatement[] {
  const rest = way.map(({ text }) => text);
  return statements.filter(({ text }) => {
    const at = rest.indexOf(text);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}

/** Ways from Query to the entities by one id each: those whose lists are the longest. */
export function routesToBusiest(rows: readonly OwnRows[]): Record<string, Route> {
  return Object.fromEntries(
    rows.map(({ typeName, busiest }) => [
      typeName,
      (inner: string) => `node(id: "${busiest}") { ... on ${typeName} { ${inner} } }`,
    ]),
  );
}

/** Ways to many entities of a type at once, where Query has a list of them. */
export function routesToMany(schema: GraphQLSchema): Record<string, Route> {
  const routes = routesOf(schema);
  for (const field of Object.values(schema.getQueryType()?.getFields() ?? {})) {
    const entity = /^(.+)Connection$/.exec(getNamedType(field.type).name)?.[1];
    if (!entity || field.args.some(isRequiredArgument)) continue;
    routes[entity] = (inner) => `${field.name} { nodes { ${inner} } }`;
  }
  return routes;
}

/** Every place of the schema that takes a value, by these ways. */
export function placesBy(
  { schema }: Driving,
  routes: Readonly<Record<string, Route>>,
): ArgumentPlace[] {
  return argumentPlaces(schema, {
    // A type that cannot be reached fails by its name elsewhere.
    routes: Object.fromEntries(
      Object.keys(schema.getTypeMap()).map((name) => [
        name,
        routes[name] ?? routesOf(schema)[name] ?? ((inner: string) => inner),
      ]),
    ),
    good: (scalar, _field, path) => valueFor(scalar, path),
  });
}

/** A value that can be given without looking at the rows. */
export function valueFor(scalar: string, path: string): unknown {
  // What is made anew ends in the future.
  if (path.endsWith('.expiresAt')) return '2100-01-01T00:00:00Z';
  if (scalar === 'DateTime') return MIDDLE_MOMENT;
  return anyValue(scalar, path);
}

/** Places by the field whose arguments they are. */
export function byField(places: readonly ArgumentPlace[]): Map<string, ArgumentPlace[]> {
  const fields = new Map<string, ArgumentPlace[]>();
  for (const place of places) fields.set(place.field, [...(fields.get(place.field) ?? []), place]);
  return fields;
}
