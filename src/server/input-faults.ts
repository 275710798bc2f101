import {
  type ASTNode,
  type FieldNode,
  type GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import type { ArgumentValidationError } from 'type-graphql';
import type { FieldFault } from '../shared/errors.js';

type Variables = Readonly<Record<string, unknown>>;

/** Enough to recognise a value by; what a client sent need not come back in full. */
const LONGEST_MESSAGE = 300;

/**
 * What graphql-js found wrong with the variables, by the arguments that they were meant for:
 * `$in` in `createTask(input: $in)` makes `input.title` out of `in.title`.
 *
 * @param errors from `execute`, when it answers without `data`
 */
export function variableFaults(
  errors: readonly GraphQLError[],
  operation: OperationDefinitionNode,
): FieldFault[] {
  const faults = errors.flatMap((error) => {
    const variable = /^Variable "\$(\w+)" /.exec(error.message)?.[1];
    if (!variable) return [];
    const { place, message } = withoutVariable(error, variable);
    const argument = argumentOf(variable, operation.selectionSet) ?? variable;
    const path = `${argument}${dotted(place.slice(variable.length))}`;
    return [{ path, message: shortened(message) }];
  });
  if (faults.length > 0) return faults;
  // graphql-js recurses: what it throws then is no GraphQLError and says nothing about the input.
  return [{ path: 'variables', message: 'They nest too deep.' }];
}

/** The fault in an argument that graphql-js could not coerce while executing its field. */
export function argumentFault({ message }: GraphQLError): FieldFault {
  return {
    path: /^Argument "(\w+)"/.exec(message)?.[1] ?? 'argument',
    message: shortened(message),
  };
}

interface PropertyFault {
  readonly property: string;
  readonly constraints?: Readonly<Record<string, string>>;
  readonly children?: readonly PropertyFault[];
}

/**
 * Every fault that class-validator found in the arguments of one field.
 *
 * @param node the field in the document, which tells the argument that the faults are in
 */
export function argumentValidationFaults(
  { extensions }: ArgumentValidationError,
  node: ASTNode | undefined,
  variables: Variables | undefined,
): FieldFault[] {
  const found = extensions.validationErrors;
  const faults = (Array.isArray(found) ? found : []) as PropertyFault[];
  return faults.flatMap((fault) => {
    const argument = node?.kind === Kind.FIELD && argumentWith(fault.property, node, variables);
    return flattened(fault, argument ? `${argument}.` : '');
  });
}

function flattened(fault: PropertyFault, prefix: string): FieldFault[] {
  const path = `${prefix}${fault.property}`;
  return [
    ...Object.values(fault.constraints ?? {}).map((message) => ({ path, message })),
    ...(fault.children ?? []).flatMap((child) => flattened(child, `${path}.`)),
  ];
}

/**
 * The argument whose input object has this property. Undefined when the property is an argument
 * itself, as in a class of `@Args()`.
 */
function argumentWith(
  property: string,
  { arguments: nodes = [] }: FieldNode,
  variables: Variables | undefined,
): string | undefined {
  if (nodes.some(({ name }) => name.value === property)) return undefined;
  const objects = nodes.filter(({ value }) => isObject(value, variables));
  const owner = objects.find(({ value }) => hasProperty(value, property, variables)) ?? objects[0];
  return owner?.name.value;
}

function isObject(value: ValueNode, variables: Variables | undefined): boolean {
  if (value.kind === Kind.VARIABLE) return typeof variables?.[value.name.value] === 'object';
  return value.kind === Kind.OBJECT;
}

function hasProperty(value: ValueNode, property: string, variables: Variables | undefined) {
  if (value.kind === Kind.OBJECT) return value.fields.some(({ name }) => name.value === property);
  if (value.kind !== Kind.VARIABLE) return false;
  const given = variables?.[value.name.value];
  return typeof given === 'object' && given !== null && Object.hasOwn(given, property);
}

/** Where a variable is used: `input`, or `input.title` inside of a literal. */
function argumentOf(variable: string, { selections }: SelectionSetNode): string | undefined {
  for (const selection of selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
    for (const { name, value } of selection.kind === Kind.FIELD
      ? (selection.arguments ?? [])
      : []) {
      const path = pathOf(variable, value, name.value);
      if (path) return path;
    }
    const inner = selection.selectionSet && argumentOf(variable, selection.selectionSet);
    if (inner) return inner;
  }
  return undefined;
}

function pathOf(variable: string, value: ValueNode, path: string): string | undefined {
  if (value.kind === Kind.VARIABLE) return value.name.value === variable ? path : undefined;
  if (value.kind === Kind.OBJECT) {
    return firstOf(value.fields, (field) =>
      pathOf(variable, field.value, `${path}.${field.name.value}`),
    );
  }
  if (value.kind === Kind.LIST) {
    return firstOf(value.values, (item, index) => pathOf(variable, item, `${path}.${index}`));
  }
  return undefined;
}

function firstOf<T>(items: readonly T[], find: (item: T, index: number) => string | undefined) {
  for (const [index, item] of items.entries()) {
    const found = find(item, index);
    if (found) return found;
  }
  return undefined;
}

/** `.items[0].title` → `.items.0.title`. */
function dotted(path: string): string {
  return path.replace(/\[(\d+)\]/g, '.$1');
}

/**
 * graphql-js first repeats the whole value, which may hold anything:
 * `Variable "$x" got invalid value … at "x.title"; what is wrong`.
 */
function withoutVariable({ message, originalError }: GraphQLError, variable: string) {
  const wrong = originalError?.message;
  if (wrong === undefined || !message.endsWith(`; ${wrong}`)) {
    return { place: variable, message: message.replace(/^Variable "\$\w+" of /, 'A value of ') };
  }
  const before = message.slice(0, -wrong.length - 2);
  return { place: / at "([\w.[\]]+)"$/.exec(before)?.[1] ?? variable, message: wrong };
}

function shortened(message: string): string {
  return message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;
}
