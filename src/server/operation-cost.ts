import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  getVariableValues,
  isCompositeType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  ValidationContext,
  visit,
} from 'graphql';
import { type ComplexityEstimator, createComplexityRule } from 'graphql-query-complexity';
import type { ListExtensions } from '../shared/graphql/index.js';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../shared/page.js';
import type { Operation } from './operation.js';

const COST_OF_WRITE = 10;

/** Parts of a connection that stand for its rows, which the connection itself pays for. */
const PARTS_OF_CONNECTION = new Set(['nodes', 'edges', 'pageInfo']);

/** Different page sizes that clients ask the same document for; more are computed each time. */
const LARGEST_MEMO = 32;

/**
 * What an operation may cost at most, in points. A point is about one row in the answer:
 *
 * | field | points |
 * |---|---|
 * | scalar, enum, `__typename`, introspection | 0 |
 * | object | 1 + its fields |
 * | connection | 1 + page size × (1 + fields of one row); `first`, else `last`, else 20 |
 * | `totalCount` | page size: counting reads rows as well |
 * | object by a list of ids | number of ids × (1 + its fields) |
 * | list of at most so many objects | 1 + that number × (1 + fields of one), see `ListExtensions` |
 * | mutation | 10 + its fields |
 *
 * So 100 projects with their owners and 20 tasks each with its assignee are
 * 1 + 100 × (1 + owner 1 + tasks (1 + 20 × (1 + assignee 1))) = 4,301 points.
 */
export class OperationCost {
  readonly #schema: GraphQLSchema;
  readonly #estimators: ComplexityEstimator[];
  /** Documents are parsed once for many requests, and only a few variables have a say. */
  readonly #known = new WeakMap<OperationDefinitionNode, PriceList>();

  constructor(
    schema: GraphQLSchema,
    readonly limit: number,
  ) {
    this.#schema = schema;
    this.#estimators = [estimatorFor(schema)];
  }

  of({ document, operation, variables = {} }: Operation): number {
    let prices = this.#known.get(operation);
    if (!prices) {
      prices = new PriceList(document);
      this.#known.set(operation, prices);
    }
    return prices.get(variables, () => this.#compute(document, operation, variables));
  }

  /** The refusal of an operation that costs more than the limit. */
  refusal(found: number): GraphQLError {
    const allowed = this.limit;
    const message = `This operation may cost ${found} points; ${allowed} are allowed. Ask for smaller pages or fewer nested lists.`;
    return new GraphQLError(message, { extensions: { limit: 'cost', allowed, found } });
  }

  #compute(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Readonly<Record<string, unknown>>,
  ): Price {
    // Such an operation is not executed. The library would collect every fault: a body full of them
    // keeps it busy for seconds.
    const { errors } = getVariableValues(
      this.#schema,
      operation.variableDefinitions ?? [],
      variables,
      { maxErrors: 1 },
    );
    if (errors) return { cost: 0, certain: false };
    let certain = true;
    const context = new ValidationContext(
      this.#schema,
      document,
      new TypeInfo(this.#schema),
      () => {
        certain = false;
      },
    );
    const pricing = createComplexityRule({
      estimators: this.#estimators,
      maximumComplexity: Number.POSITIVE_INFINITY,
      variables,
    })(context);
    try {
      pricing.onOperationDefinitionEnter(operation);
    } catch {
      // The library stops at 10,000 selections: fragments that double one another.
      return { cost: Number.MAX_SAFE_INTEGER, certain };
    }
    return { cost: Math.min(pricing.complexity, Number.MAX_SAFE_INTEGER), certain };
  }
}

interface Price {
  readonly cost: number;
  /** False when a value could not be coerced: what it stands in fails and costs nothing this time. */
  readonly certain: boolean;
}

/** Prices of one operation, by the values of those variables that stand in a price. */
class PriceList {
  readonly #variables: readonly string[];
  readonly #prices = new Map<string, number>();

  constructor(document: DocumentNode) {
    this.#variables = pricingVariables(document);
  }

  get(variables: Readonly<Record<string, unknown>>, compute: () => Price): number {
    const key = this.#variables.map((name) => keyPart(variables[name])).join();
    const known = this.#prices.get(key);
    if (known !== undefined) return known;
    const { cost, certain } = compute();
    // Kept only when no other variable had a say, or a bad value would make the next one cheap.
    if (certain && this.#prices.size < LARGEST_MEMO) this.#prices.set(key, cost);
    return cost;
  }
}

/** A list matters by its length; what a string holds never does, and must not forge a key. */
function keyPart(value: unknown): string {
  if (Array.isArray(value)) return `[${value.length}]`;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeof value;
}

function pricingVariables(document: DocumentNode): readonly string[] {
  const names = new Set<string>();
  visit(document, {
    Argument({ name, value }) {
      if (value.kind !== Kind.VARIABLE) return;
      if (PRICING_ARGUMENTS.has(name.value)) names.add(value.name.value);
    },
  });
  return [...names];
}

/** `if` is that of `@skip` and `@include`. */
const PRICING_ARGUMENTS = new Set(['first', 'last', 'ids', 'if']);

function estimatorFor(schema: GraphQLSchema): ComplexityEstimator {
  const mutation = schema.getMutationType();
  return ({ type, field, args, childComplexity }) => {
    if (field.name.startsWith('__')) return 0;
    if (type.name.endsWith('Connection')) {
      if (field.name === 'totalCount') return 1;
      if (PARTS_OF_CONNECTION.has(field.name)) return childComplexity;
    }
    if (type.name.endsWith('Edge') && field.name === 'node') return childComplexity;
    const own = type === mutation ? COST_OF_WRITE : 1;
    if (!isCompositeType(getNamedType(field.type))) return type === mutation ? own : 0;
    if (field.args.some(({ name }) => name === 'first')) {
      return own + pageSize(args) * (1 + childComplexity);
    }
    if (isListType(getNullableType(field.type)) && Array.isArray(args.ids)) {
      return args.ids.length * (1 + childComplexity);
    }
    const { mostRows } = field.extensions as Partial<ListExtensions>;
    if (mostRows !== undefined) return own + mostRows * (1 + childComplexity);
    return own + childComplexity;
  };
}

function pageSize({ first, last }: { [argument: string]: unknown }): number {
  const asked = first ?? last ?? DEFAULT_PAGE_SIZE;
  return typeof asked === 'number'
    ? Math.min(Math.max(asked, 1), MAX_PAGE_SIZE)
    : DEFAULT_PAGE_SIZE;
}
