import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';

/** Entities below each other: a row, and what hangs from it. */
const ENTITIES_DEEP = 2;
/** For types that hold themselves without being entities. */
const LEVELS_DEEP = 12;

/**
 * Asks for so much of a field's type that a row which should not be there would show: all scalars, the
 * entities that hang from it, the nodes of lists.
 *
 * Cursors are left out: they hold the ids of the nodes beside them in a form that no comparison sees.
 *
 * @returns in braces; empty for a scalar
 */
export function deepSelection(schema: GraphQLSchema, field: GraphQLField<unknown, unknown>) {
  return selectionOn(schema, getNamedType(field.type), ENTITIES_DEEP, LEVELS_DEEP);
}

/** What asks a list for all cursors that it can hand out. */
export function cursorSelection(schema: GraphQLSchema, field: GraphQLField<unknown, unknown>) {
  const type = getNamedType(field.type);
  if (!isObjectType(type)) return '';
  const parts = Object.values(type.getFields()).flatMap((part) => {
    const named = getNamedType(part.type);
    if (!isObjectType(named) || schema.getQueryType() === named) return [];
    const cursors = Object.values(named.getFields()).filter(isCursor);
    return cursors.length > 0
      ? [`${part.name} { ${cursors.map(({ name }) => name).join(' ')} }`]
      : [];
  });
  return parts.length > 0 ? `{ ${parts.join(' ')} }` : '';
}

function selectionOn(
  schema: GraphQLSchema,
  type: GraphQLNamedType,
  entities: number,
  levels: number,
): string {
  if (isAbstractType(type)) {
    const possible = schema.getPossibleTypes(type).map((each) => {
      // Aliases, since two types may have fields of one name and different types.
      const fields = fieldsOn(schema, each, entities, levels, `${each.name}_`);
      return `... on ${each.name} { ${fields} }`;
    });
    return `{ __typename ${possible.join(' ')} }`;
  }
  if (!isObjectType(type)) return '';
  return `{ __typename ${fieldsOn(schema, type, entities, levels, '')} }`;
}

function fieldsOn(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  entities: number,
  levels: number,
  alias: string,
): string {
  const fields = Object.values(type.getFields());
  const below = isEntity(type) ? entities - 1 : entities;
  return fields
    .filter((field) => !field.args.some(isRequiredArgument) && !isCursor(field))
    .filter((field) => !(isEdges(field) && fields.some(({ name }) => name === 'nodes')))
    .flatMap((field) => {
      const name = alias && `${alias}${field.name}: `;
      const named = getNamedType(field.type);
      if (!isObjectType(named) && !isAbstractType(named)) return [`${name}${field.name}`];
      if (below === 0 || levels === 0) return [];
      const inner = selectionOn(schema, named, below, levels - 1);
      return [`${name}${field.name} ${inner}`];
    })
    .join(' ');
}

const isEntity = (type: GraphQLObjectType) => 'id' in type.getFields();
const isCursor = ({ name }: GraphQLField<unknown, unknown>) => /cursor$/i.test(name);
const isEdges = ({ type }: GraphQLField<unknown, unknown>) =>
  getNamedType(type).name.endsWith('Edge');
