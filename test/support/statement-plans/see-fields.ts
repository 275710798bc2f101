import {
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
} from 'graphql';
import { objectTypes, routesOf } from '../attacks/schema-routes.js';
import { beyond, type Driving, placesBy, routesToMany, send } from './api-driver.js';
import { candidatesFor } from './candidates.js';

/**
 * Asks for every field of every type, one at a time: the field of Query behind each lookup, the loader
 * behind each relation.
 */
export async function seeFields(driving: Driving): Promise<void> {
  const { schema } = driving;
  const routes = routesToMany(schema);
  for (const type of objectTypes(schema)) {
    const fields = Object.values(type.getFields());
    const route = routes[type.name];
    if (!route) {
      // The parts of a page are seen with the page, whatever that needs.
      if (type.getInterfaces().some(({ name }) => name === 'Node')) {
        driving.faults.push(`${type.name}: no way leads there from Query without an argument.`);
      }
      continue;
    }
    const way = await send(driving, { query: `{ ${route('__typename')} }` });
    for (const field of fields) {
      const named = getNamedType(field.type);
      if (!isObjectType(named) && !isAbstractType(named)) continue;
      if (field.args.some(isRequiredArgument)) continue;
      const subject = `${type.name}.${field.name}`;
      if (!driving.wants(subject)) continue;
      for (const given of ['', ...otherwise(field)]) {
        const { answer, statements } = await send(driving, {
          query: `{ ${route(`${field.name}${given} ${scalarsOf(named as GraphQLObjectType)}`)} }`,
        });
        const own = beyond(statements, way.statements);
        driving.sightings.push({ subject, detail: `by its parent${given}`, statements: own });
        if (answer.errors) driving.faults.push(`${subject}: cannot be asked for: ${answer.text}`);
        else if (own.length === 0 && bringsRows(driving, type, field)) {
          driving.faults.push(`${subject}: no statement was seen.`);
        }
      }
    }
  }
  await seeLookups(driving);
}

/**
 * Fields that need an argument: each kind of id that they take, or each text. And those that can be narrowed down
 * without being a list, by each condition.
 */
async function seeLookups(driving: Driving): Promise<void> {
  const { schema } = driving;
  const places = placesBy(driving, routesOf(schema)).filter(
    ({ field, path, definition, isMutation }) =>
      driving.wants(field) &&
      !isMutation &&
      (definition.args.some(isRequiredArgument) ||
        (path.startsWith('filter.') && !getNamedType(definition.type).name.endsWith('Connection'))),
  );
  const seen = new Map<string, boolean>(places.map(({ field }) => [field, false]));
  for (const place of places) {
    if (['list', 'object', 'enum'].includes(place.kind)) continue;
    for (const candidate of candidatesFor(driving, place.kind, place.path, place.field)) {
      const required = place.operation(null).required.map(({ path, scalar }) => {
        const [first] = candidatesFor(driving, scalar, path, place.field);
        return [path, first?.value()];
      });
      const { answer, statements } = await send(
        driving,
        place.operation(candidate.value(), {
          required: Object.fromEntries(required),
          selection: selectionIn(place.definition),
        }),
      );
      if (answer.errors) continue;
      const detail = `${place.path} = ${candidate.name}`;
      driving.sightings.push({ subject: place.field, detail, statements });
      if (statements.length > 0) seen.set(place.field, true);
    }
  }
  for (const [field, isSeen] of seen) {
    if (!isSeen) driving.faults.push(`${field}: no statement was seen.`);
  }
}

/** Arguments that say yes where no is meant without them, and the other way round: what is asked then may be another statement. */
function otherwise({ args }: GraphQLField<unknown, unknown>): string[] {
  return args
    .filter(({ type }) => getNamedType(type).name === 'Boolean')
    .map(({ name, defaultValue }) => `(${name}: ${defaultValue !== true})`);
}

/** Whether a field must go to the database: it gives entities, by themselves or in a list. */
function bringsRows(
  { schema }: Driving,
  type: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
): boolean {
  const named = getNamedType(field.type);
  if (named.name.endsWith('Connection') || type === schema.getQueryType()) return true;
  // What a page holds is there with the page.
  if (/(Connection|Edge)$/.test(type.name)) return false;
  return isObjectType(named) && named.getInterfaces().some(({ name }) => name === 'Node');
}

function selectionIn({ type }: GraphQLField<unknown, unknown>): string {
  const named = getNamedType(type);
  if (isAbstractType(named)) return '{ __typename }';
  return isObjectType(named) ? scalarsOf(named) : '';
}

/** All that is asked for without going further; of a type that has nothing by itself, what its parts have. */
function scalarsOf(type: GraphQLObjectType): string {
  if (isInterfaceType(type) || isUnionType(type)) return '{ __typename }';
  const fields = Object.values(type.getFields()).filter(
    (field) => !field.args.some(isRequiredArgument),
  );
  const scalars = fields
    .filter((field) => {
      const named = getNamedType(field.type);
      return !isObjectType(named) && !isAbstractType(named);
    })
    .map(({ name }) => name);
  if (scalars.length === 0) {
    const parts = fields.map((field) => `${field.name} ${selectionIn(field)}`);
    return `{ ${['__typename', ...parts].join(' ')} }`;
  }
  const nodes = 'nodes' in type.getFields() ? ['nodes { __typename }'] : [];
  return `{ ${['__typename', ...scalars, ...nodes].join(' ')} }`;
}
