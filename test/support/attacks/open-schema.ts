import {
  buildClientSchema,
  type GraphQLSchema,
  getNamedType,
  type IntrospectionQuery,
  type IntrospectionType,
  isAbstractType,
  isObjectType,
} from 'graphql';
import { SHOPPER_OPERATIONS } from '../../../src/identity/index.js';
import { openTo, type ShopperKind } from '../shown-to-shoppers.js';

/** What a caller with an account can leave out, and a guest cannot. */
const NEEDED_OF_GUESTS: ReadonlySet<string> = new Set(['PlaceOrderInput.email']);

/**
 * The API as it is for shoppers: the operations that are open to them, and of each type that is listed for them
 * those fields. What only a mutation gives, as a new second factor, is whole.
 */
export function openSchema(introspection: IntrospectionQuery, kind: ShopperKind): GraphQLSchema {
  const shown = openTo(kind);
  const listed = new Set([...shown].map((name) => name.split('.')[0]));
  const roots = ['queryType', 'mutationType'] as const;
  const rootNames = new Set(roots.map((root) => introspection.__schema[root]?.name));
  const isOpen = (type: string, field: string) => {
    const name = `${type}.${field}`;
    if (!rootNames.has(type)) return !listed.has(type) || shown.has(name);
    const rule = SHOPPER_OPERATIONS.get(name);
    return rule !== undefined && (kind === 'customer' || rule.isForGuests);
  };
  const cut: IntrospectionQuery = {
    __schema: {
      ...introspection.__schema,
      types: introspection.__schema.types.map((type) => withFields(type, isOpen)),
    },
  };
  const reached = reachedFrom(buildClientSchema(cut), rootNames, listed);
  const types = cut.__schema.types
    .filter((type) => type.kind !== 'OBJECT' || reached.has(type.name))
    .map((type) => withPossible(kind === 'guest' ? withNeeded(type) : type, reached));
  return buildClientSchema({ __schema: { ...cut.__schema, types } });
}

function withFields(
  type: IntrospectionType,
  isOpen: (type: string, field: string) => boolean,
): IntrospectionType {
  if (type.kind !== 'OBJECT' || type.name.startsWith('__')) return type;
  return { ...type, fields: type.fields.filter(({ name }) => isOpen(type.name, name)) };
}

function withNeeded(type: IntrospectionType): IntrospectionType {
  if (type.kind !== 'INPUT_OBJECT') return type;
  const inputFields = type.inputFields.map((field) =>
    NEEDED_OF_GUESTS.has(`${type.name}.${field.name}`)
      ? { ...field, type: { kind: 'NON_NULL' as const, ofType: field.type as never } }
      : field,
  );
  return { ...type, inputFields };
}

function withPossible(type: IntrospectionType, reached: ReadonlySet<string>): IntrospectionType {
  if (type.kind !== 'INTERFACE' && type.kind !== 'UNION') return type;
  const possibleTypes = type.possibleTypes.filter(({ name }) => reached.has(name));
  return { ...type, possibleTypes };
}

/** Types that fields lead to; of those that only an interface leads to, the ones that are listed. */
function reachedFrom(
  schema: GraphQLSchema,
  roots: ReadonlySet<string | undefined>,
  listed: ReadonlySet<string | undefined>,
): Set<string> {
  const names = Object.keys(schema.getTypeMap());
  const open = names.filter((name) => roots.has(name) || name.startsWith('__'));
  const reached = new Set<string>();
  for (const name of open) {
    if (reached.has(name)) continue;
    const type = schema.getType(name);
    if (isAbstractType(type)) {
      open.push(
        ...schema
          .getPossibleTypes(type)
          .flatMap((each) => (listed.has(each.name) ? [each.name] : [])),
      );
    }
    if (!isObjectType(type)) continue;
    reached.add(name);
    open.push(...Object.values(type.getFields()).map((field) => getNamedType(field.type).name));
  }
  return reached;
}
