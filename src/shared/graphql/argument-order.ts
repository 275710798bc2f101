import { type GraphQLSchema, isObjectType } from 'graphql';

/** As people think of a list: what, how much of it, which, in which order. */
const ORDER = [
  'id',
  'ids',
  'text',
  'permission',
  'on',
  'input',
  'first',
  'after',
  'last',
  'before',
  'filter',
  'orderBy',
];

/** Sorts the arguments that Sandbox and schema.graphql show; decorators give them last to first. */
export function sortArguments(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      field.args = field.args.toSorted((a, b) => ORDER.indexOf(a.name) - ORDER.indexOf(b.name));
    }
  }
}
