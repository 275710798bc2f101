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
  /** The field whose argument it is: `Mutation.createTask`. */
  field: string;
  /** The same field, as the schema has it. */
  definition: GraphQLField<unknown, unknown>;
  isMutation: boolean;
  /**
   * An operation that has `value` in this place, and good values in every other that needs one.
   *
   * @param value undefined leaves the argument out
   */
  operation(value: unknown, others?: OtherValues): PlaceOperation;
}

/** What an operation is given beside the value of its place. */
export interface OtherValues {
  /** Values of places that need one, by path; `good` for the rest. */
  required?: Readonly<Record<string, unknown>>;
  /** Arguments that could be left out, by name. */
  optional?: Readonly<Record<string, unknown>>;
  /** What to ask for of the field's type, in braces. */
  selection?: string;
}

export interface PlaceOperation {
  query: string;
  variables: Record<string, unknown>;
  /** The scalars that it had to be given beside `value`. */
  required: { path: string; scalar: string }[];
}

export interface PlacesOptions {
  /** How to get to a type that is no root: `{ Project: (inner) => 'project(id: "…") { inner }' }`. */
  routes: Readonly<Record<string, Route>>;
  /** A good value for a scalar, e.g. an id of the right kind for `Mutation.updateTask`'s `input.id`. */
  good(scalar: string, field: string, path: string): unknown;
}

/** Fields of inputs of which one is needed, though each can be left out: the one that is given, and the other. */
const ONE_OF_TWO: Readonly<Record<string, { given: string; other: string }>> = {
  CreateUserInput: { given: 'role', other: 'customRoleId' },
  ChangeUserRoleInput: { given: 'role', other: 'customRoleId' },
  InviteUserInput: { given: 'role', other: 'customRoleId' },
  CorrectStockInput: { given: 'quantity', other: 'countedOnHand' },
};

/** Wraps a selection on a type into one on the root. */
export type Route = (inner: string) => string;

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

  const operation = (
    argument: GraphQLArgument,
    steps: Step[],
    value: unknown,
    { required: chosen = {}, optional = {}, selection = selectionOf(field) }: OtherValues,
  ): PlaceOperation => {
    const place = [argument.name, ...steps].join('.');
    const required: PlaceOperation['required'] = [];

    const goodValue = (input: GraphQLInputType, path: Step[]): unknown =>
      neededValue(
        input,
        path,
        (scalar, here) => {
          if (here === place) return null;
          required.push({ path: here, scalar });
          return here in chosen ? chosen[here] : good(scalar, fieldName, here);
        },
        place,
      );

    /** The value of an argument that has `value` at the end of `rest`. */
    const containing = (input: GraphQLInputType, path: Step[], rest: Step[]): unknown => {
      const [step, ...further] = rest;
      if (step === undefined) return value;
      if (isNonNullType(input)) return containing(input.ofType, path, rest);
      if (isListType(input)) return [containing(input.ofType, [...path, step], further)];
      if (!isInputObjectType(input)) throw new TypeError(`${path.join('.')} holds nothing`);
      const inner = input.getFields()[step];
      if (!inner) throw new TypeError(`${input.name} has no ${step}`);
      return {
        ...(goodValue(input, path) as object),
        [step]: containing(inner.type, [...path, step], further),
      };
    };

    const args = field.args.filter(
      (each) => each === argument || isRequiredArgument(each) || each.name in optional,
    );
    const variables = Object.fromEntries(
      args.map(({ name, type: input }) => {
        if (name === argument.name) return [name, containing(input, [name], steps)];
        return [name, name in optional ? optional[name] : goodValue(input, [name])];
      }),
    );
    const declared = args.map(({ name, type: input }) => `$${name}: ${input}`).join(', ');
    const given = args.map(({ name }) => `${name}: $${name}`).join(', ');
    const body = route?.(`${field.name}(${given}) ${selection}`);
    const query = `${isMutation ? 'mutation' : 'query'} (${declared}) { ${body} }`;
    return { query, variables, required };
  };

  return field.args.flatMap((argument) =>
    stepsWithin(argument.type).map(({ steps, kind }) => {
      const path = [argument.name, ...steps].join('.');
      return {
        name: `${fieldName} ${path}`,
        path,
        kind,
        field: fieldName,
        definition: field,
        isMutation,
        operation: (value: unknown, others: OtherValues = {}) =>
          operation(argument, steps, value, others),
      };
    }),
  );
}

/**
 * A value for an argument, or for something inside of one: all that it needs, and nothing else.
 *
 * @param scalarAt gives the scalars of it
 * @param place path of a value that is given otherwise, which can take the place of another
 */
export function neededValue(
  input: GraphQLInputType,
  path: Step[],
  scalarAt: (scalar: string, path: string) => unknown,
  place?: string,
): unknown {
  if (isNonNullType(input)) return neededValue(input.ofType, path, scalarAt, place);
  if (isListType(input)) return [neededValue(input.ofType, [...path, 0], scalarAt, place)];
  if (isEnumType(input)) return input.getValues()[0]?.name;
  if (!isInputObjectType(input)) return scalarAt(input.name, path.join('.'));
  const { given, other } = ONE_OF_TWO[input.name] ?? {};
  const isOtherChosen = place === [...path, other].join('.');
  const fields = Object.values(input.getFields()).filter(
    (field) => isRequiredInputField(field) || (field.name === given && !isOtherChosen),
  );
  return Object.fromEntries(
    fields.map(({ name, type }) => [name, neededValue(type, [...path, name], scalarAt, place)]),
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
export function selectionOf({ type }: GraphQLField<unknown, unknown>): string {
  const named = getNamedType(type);
  if (!isCompositeType(named)) return '';
  return named.name.endsWith('Connection')
    ? '{ totalCount pageInfo { endCursor } nodes { __typename } }'
    : '{ __typename }';
}
