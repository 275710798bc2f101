import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLScalarType,
  GraphQLSchema,
  Kind,
  type NamedTypeNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit';
import { LRUCache } from 'lru-cache';
import type { Operation } from './operation.js';

/** Compiled queries that are kept; one of a hundred fields takes some 100 kB. */
const MOST_COMPILED = 500;

/** Queries that are counted; one that comes less often than all these is forgotten. */
const MOST_COUNTED = 2_000;

/** Selections of the largest query that is compiled. */
const LARGEST_COMPILED = 300;

/** The part of the time that compiling may take, and how much of it may be saved up, in milliseconds. */
const PART_FOR_COMPILING = 0.05;
const MOST_SAVED_MS = 250;

/** Takes variables that have been coerced already, and answers as graphql-js does. */
export type CompiledForm = CompiledQuery['query'];

type Compilation = { readonly query?: CompiledForm };
const NOT_COMPILED: Compilation = {};

/**
 * Compiles the queries that come again and again.
 *
 * That takes milliseconds, grows faster than the query and, for fragments that double one another, would
 * never end. So large queries are not compiled, and others only while that leaves the server its time.
 */
export class QueryCompiler {
  readonly #schema: GraphQLSchema;
  readonly #compileAfter: number;
  /** By the parsed query, which Apollo Server keeps by its text. */
  readonly #compilations = new LRUCache<OperationDefinitionNode, Compilation>({
    max: MOST_COMPILED,
  });
  readonly #counts = new LRUCache<OperationDefinitionNode, number>({ max: MOST_COUNTED });
  #savedMs = MOST_SAVED_MS;
  #savedAt = performance.now();

  /** @param compileAfter how often a query must have come before it is compiled */
  constructor(schema: GraphQLSchema, compileAfter: number) {
    const config = schema.toConfig();
    this.#schema = new GraphQLSchema({ ...config, types: [...config.types, ANYTHING] });
    this.#compileAfter = compileAfter;
  }

  /** @returns undefined for what is to be interpreted: mutations, large queries, rare ones */
  compiledForm({ document, operation }: Operation): CompiledForm | undefined {
    const known = this.#compilations.get(operation);
    if (known) return known.query;
    if (operation.operation !== 'query' || !this.#isFrequent(operation)) return undefined;
    if (!this.#hasTimeLeft()) return undefined;
    const startedAt = performance.now();
    const compilation = compile(this.#schema, document, operation);
    this.#compilations.set(operation, compilation);
    this.#savedMs -= performance.now() - startedAt;
    return compilation.query;
  }

  #isFrequent(operation: OperationDefinitionNode): boolean {
    const count = (this.#counts.get(operation) ?? 0) + 1;
    this.#counts.set(operation, count);
    return count >= this.#compileAfter;
  }

  #hasTimeLeft(): boolean {
    const now = performance.now();
    const earned = (now - this.#savedAt) * PART_FOR_COMPILING;
    this.#savedMs = Math.min(this.#savedMs + earned, MOST_SAVED_MS);
    this.#savedAt = now;
    return this.#savedMs > 0;
  }
}

/**
 * The type of every variable of a compiled query. The compiler would write out the real ones, and never be
 * done with an input type that holds itself, such as a filter of filters.
 */
const ANYTHING = new GraphQLScalarType({ name: 'CoercedVariable' });

function compile(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Compilation {
  if (sizeOf(document, operation) > LARGEST_COMPILED) return NOT_COMPILED;
  const definitions = document.definitions.map((each) =>
    each === operation ? withAnyVariables(operation) : each,
  );
  const compiled = compileQuery(schema, { ...document, definitions }, operation.name?.value);
  return isCompiledQuery(compiled) ? compiled : NOT_COMPILED;
}

function withAnyVariables(operation: OperationDefinitionNode): OperationDefinitionNode {
  const type: NamedTypeNode = {
    kind: Kind.NAMED_TYPE,
    name: { kind: Kind.NAME, value: ANYTHING.name },
  };
  const variableDefinitions = operation.variableDefinitions?.map(({ variable }) => ({
    kind: Kind.VARIABLE_DEFINITION as const,
    variable,
    type,
  }));
  return { ...operation, ...(variableDefinitions && { variableDefinitions }) };
}

/**
 * Counts selections, each spread of a fragment as all that is in it, because that is how it is compiled.
 * Looks at each fragment once.
 */
function sizeOf(document: DocumentNode, operation: OperationDefinitionNode): number {
  const sizes = new Map<string, number>();
  const sizeOfFragment = (name: string): number => {
    const known = sizes.get(name);
    if (known !== undefined) return known;
    const size = sizeOfSet(fragmentNamed(document, name).selectionSet);
    sizes.set(name, size);
    return size;
  };
  const sizeOfSet = ({ selections }: SelectionSetNode): number =>
    selections.reduce((sum, selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        return sum + sizeOfFragment(selection.name.value);
      }
      // Would show the schema that queries are compiled against.
      if (isIntrospection(selection)) return Number.POSITIVE_INFINITY;
      return sum + 1 + (selection.selectionSet ? sizeOfSet(selection.selectionSet) : 0);
    }, 0);
  return sizeOfSet(operation.selectionSet);
}

function isIntrospection(selection: SelectionNode): boolean {
  return selection.kind === Kind.FIELD && /^__(schema|type)$/.test(selection.name.value);
}

/** There is one: the document is valid. */
function fragmentNamed({ definitions }: DocumentNode, name: string): FragmentDefinitionNode {
  return definitions.find(
    (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === name,
  ) as FragmentDefinitionNode;
}
