import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';

type Step = string | number;

/** One place in the API where a client can put a value: an argument, or something inside of one. */
export interface ArgumentPlace {
  /** `Mutation.createTask input.title` */
  name: string;
  /** As errors name it: `input.title`, `filter.and.0.text`. */
  path: string;
  /** Name of the scalar or enum; `list` or `object` for what holds others. */
  kind: string;
  /** The root field that the place is below. */
  field: string;
  /** An operation that has `value` in this place, and good values in every other that needs one. */
  operation(value: unknown): { query: string; variables: Record<string, unknown> };
}

export interface PlacesOptions {
  /** How to get to a type that is no root: `{ Project: (inner) => 'project(id: "…") { inner }' }`. */
  routes: Record<string, (inner: string) => string>;
  /** A good value for a scalar, e.g. an id of the right kind for `Mutation.updateTask`'s `input.id`. */
  good(scalar: string, field: string, path: string): unknown;
}

/** How often one input type may stand inside of itself on the way to a place. */
const MOST_OF_ONE_TYPE = 2;

/** Every place of the API where a client can put a value. */
export function argumentPlaces(schema: GraphQLSchema, options: PlacesOptions): ArgumentPlace[] {
  return Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !type.name.startsWith('__'))
    .flatMap((type) => {
      const fields = Object.values((type as GraphQLObjectType).getFields());
      return fields.flatMap((field) => placesOf(type as GraphQLObjectType, field, schema, options));
    });
}

function placesOf(
  type: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  schema: GraphQLSchema,
  { routes, good }: PlacesOptions,
): ArgumentPlace[] {
  const fieldName = `${type.name}.${field.name}`;
  const isMutation = type === schema.getMutationType();
  const isRoot = isMutation || type === schema.getQueryType();
  const route = isRoot ? (inner: string) => inner : routes[type.name];
  if (!route && field.args.length > 0) throw new Error(`There is no route to ${type.name}.`);

  const goodValue = (input: GraphQLInputType, path: Step[]): unknown => {
    if (isNonNullType(input)) return goodValue(input.ofType, path);
    if (isListType(input)) return [goodValue(input.ofType, [...path, 0])];
    if (isInputObjectType(input)) {
      const required = Object.values(input.getFields()).filter(isRequiredInputField);
      return Object.fromEntries(
        required.map(({ name, type: inner }) => [name, goodValue(inner, [...path, name])]),
      );
    }
    if (isEnumType(input)) return input.getValues()[0]?.name;
    return good(input.name, fieldName, path.join('.'));
  };

  /** The value of an argument that has `value` at the end of `rest`. */
  const containing = (
    input: GraphQLInputType,
    path: Step[],
    rest: Step[],
    value: unknown,
  ): unknown => {
    const [step, ...further] = rest;
    if (step === undefined) return value;
    if (isNonNullType(input)) return containing(input.ofType, path, rest, value);
    if (isListType(input)) return [containing(input.ofType, [...path, step], further, value)];
    if (!isInputObjectType(input)) throw new TypeError(`${path.join('.')} holds nothing`);
    const inner = input.getFields()[step];
    if (!inner) throw new TypeError(`${input.name} has no ${step}`);
    return {
      ...(goodValue(input, path) as object),
      [step]: containing(inner.type, [...path, step], further, value),
    };
  };

  const operation = (argument: GraphQLArgument, steps: Step[], value: unknown) => {
    const args = field.args.filter((each) => each === argument || isRequiredArgument(each));
    const variables = Object.fromEntries(
      args.map(({ name, type: input }) => [
        name,
        name === argument.name ? containing(input, [name], steps, value) : goodValue(input, [name]),
      ]),
    );
    const declared = args.map(({ name, type: input }) => `$${name}: ${input}`).join(', ');
    const given = args.map(({ name }) => `${name}: $${name}`).join(', ');
    const body = route?.(`${field.name}(${given}) ${selectionOf(field)}`);
    return { query: `${isMutation ? 'mutation' : 'query'} (${declared}) { ${body} }`, variables };
  };

  return field.args.flatMap((argument) =>
    stepsWithin(argument.type).map(({ steps, kind }) => {
      const path = [argument.name, ...steps].join('.');
      return {
        name: `${fieldName} ${path}`,
        path,
        kind,
        field: fieldName,
        operation: (value: unknown) => operation(argument, steps, value),
      };
    }),
  );
}

function stepsWithin(
  input: GraphQLInputType,
  within: string[] = [],
): { steps: Step[]; kind: string }[] {
  if (isNonNullType(input)) return stepsWithin(input.ofType, within);
  if (isListType(input)) {
    const inner = stepsWithin(input.ofType, within);
    return [
      { steps: [], kind: 'list' },
      ...inner.map(({ steps, kind }) => ({ steps: [0, ...steps], kind })),
    ];
  }
  if (!isInputObjectType(input))
    return [{ steps: [], kind: isEnumType(input) ? 'enum' : input.name }];
  if (within.filter((name) => name === input.name).length === MOST_OF_ONE_TYPE) return [];
  const inner = Object.values(input.getFields()).flatMap(({ name, type }) =>
    stepsWithin(type, [...within, input.name]).map(({ steps, kind }) => ({
      steps: [name, ...steps],
      kind,
    })),
  );
  return [{ steps: [], kind: 'object' }, ...inner];
}

/** Enough to make the field do its work. */
function selectionOf({ type }: GraphQLField<unknown, unknown>): string {
  const named = getNamedType(type);
  if (!isCompositeType(named)) return '';
  return named.name.endsWith('Connection')
    ? '{ totalCount pageInfo { endCursor } nodes { __typename } }'
    : '{ __typename }';
}
