import { HeaderMap, type HTTPGraphQLHead } from '@apollo/server';
import type {
  ExecutionResult,
  FormattedExecutionResult,
  GraphQLError,
  GraphQLFormattedError,
  OperationDefinitionNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { type Caller, isShopper, type Visitor } from '../identity/index.js';
import { badUserInput, RowhouseError } from '../shared/errors.js';
import { Foresight, type Tenancy, type TenantTransaction } from '../tenancy/index.js';
import { asGraphQLError, type ErrorFormat } from './error-format.js';
import type { Exchange } from './exchange.js';
import { httpHead } from './http-status.js';
import { variableFaults } from './input-faults.js';
import type { Operation } from './operation.js';
import { OperationContext } from './operation-context.js';
import type { OperationCost } from './operation-cost.js';
import type { QueryExecution } from './query-execution.js';
import { watched } from './reception.js';
import { refusalOfValues } from './variable-limit.js';

export interface OperationExecutorOptions {
  readonly queries: QueryExecution;
  readonly tenancy: Tenancy;
  readonly errors: ErrorFormat;
  readonly cost: OperationCost;
  /** Values that the variables of one operation may hold. */
  readonly variableValues: number;
}

/** Queries whose end is foreseen; one that comes less often than all these is forgotten. */
const MOST_FORESIGHTS = 2_000;

/** What Apollo Server takes for an answer. */
export interface Response {
  readonly http: HTTPGraphQLHead;
  readonly body: {
    readonly kind: 'single';
    readonly singleResult: FormattedExecutionResult<Record<string, unknown>>;
  };
}

/**
 * Runs one operation in one transaction of the caller's organization. What it answers with has been
 * committed; when the commit fails, nothing of the answer leaves.
 */
export class OperationExecutor {
  readonly #options: OperationExecutorOptions;
  /** By the parsed query, which Apollo Server keeps by its text. */
  readonly #foresights = new LRUCache<OperationDefinitionNode, Foresight>({ max: MOST_FORESIGHTS });

  constructor(options: OperationExecutorOptions) {
    this.#options = options;
  }

  async execute(operation: Operation, exchange: Exchange): Promise<Response> {
    const { cost, variableValues } = this.#options;
    const tooMany = refusalOfValues(operation.variables, variableValues);
    if (tooMany) return response(400, [], { errors: [refused(tooMany)] });
    const requested = cost.of(operation);
    const extensions = { cost: { requested, limit: cost.limit } };
    if (requested > cost.limit) {
      return response(400, [], { errors: [refused(cost.refusal(requested))], extensions });
    }
    const course: Course = { isOutdated: false, isRefused: false, isUndone: false };
    let result: ExecutionResult;
    try {
      result = await this.#inTransaction(operation, exchange, course);
      if (exchange.caller?.isRemembered && course.isUndone && isForbidden(result)) {
        await this.#confirm(exchange.caller, course);
      }
      exchange.cookies.release();
    } catch (error) {
      // The commit, or the beginning of it all: no field is to blame, and no field has a value.
      result = { data: null, errors: [asGraphQLError(error)] };
    }
    if (course.isOutdated) exchange.outdated = { isUndone: course.isUndone };
    if (result.data === undefined) return uncoercible(operation, result);
    return this.#answered(operation, result, exchange, extensions);
  }

  #inTransaction(
    operation: Operation,
    exchange: Exchange,
    course: Course,
  ): Promise<ExecutionResult> {
    const { queries, tenancy } = this.#options;
    const { client, cookies } = exchange;
    const sender = exchange.caller ?? exchange.visitor;
    if (!sender) return queries.run(operation, new OperationContext(null, null, client, cookies));
    const { orgId, userId, use: recording } = sender;
    const tenant = { orgId, userId, isShopper: isShopper(exchange) };
    const known = watched(sender, () => note(course));
    const [caller, visitor] = exchange.caller ? [known as Caller, null] : [null, known as Visitor];
    const isMutation = operation.operation.operation === 'mutation';
    const { precondition } = watched(sender, () => {
      note(course);
      course.isRefused = true;
    });
    const terms = { precondition, recording };
    let hasWorkedElsewhere = false;
    const work = async (tx: TenantTransaction) => {
      cookies.beginAnew();
      const context = new OperationContext(caller, tx, client, cookies, visitor);
      const result = await queries.run(operation, context);
      hasWorkedElsewhere = context.hasWorkedElsewhere;
      course.isUndone =
        !isMutation || (!hasWorkedElsewhere && (course.isRefused || isNothingDone(result)));
      return result;
    };
    if (isMutation) {
      const isRepeatable = () => !hasWorkedElsewhere;
      return tenancy.withTenantPastDeadlocks(tenant, work, { ...terms, isRepeatable });
    }
    const foresight = this.#foresightOf(operation);
    return tenancy.withTenantAgain(tenant, foresight, work, terms);
  }

  /**
   * Asks whether what was remembered of the caller still holds, where it was too little: who is refused by
   * that alone may have begun no transaction, which would have asked.
   */
  async #confirm(caller: Caller, course: Course): Promise<void> {
    const { orgId, userId, precondition } = watched(caller, () => note(course));
    const ask = (tx: TenantTransaction) => tx.execute(precondition.statement);
    const asked = this.#options.tenancy.withTenant({ orgId, userId }, 'read', ask, {
      precondition,
    });
    // It is noted. If the database is away, the refusal stands.
    await asked.catch(() => undefined);
  }

  #foresightOf({ operation }: Operation): Foresight {
    let foresight = this.#foresights.get(operation);
    if (!foresight) {
      foresight = new Foresight();
      this.#foresights.set(operation, foresight);
    }
    return foresight;
  }

  #answered(
    { variables }: Operation,
    { data, errors }: ExecutionResult,
    { requestId }: Exchange,
    extensions: Record<string, unknown>,
  ): Response {
    if (!errors) return response(200, [], { data: data ?? null, extensions });
    const source = { requestId, variables };
    const formatted = errors.map((error) => this.#options.errors.format(error, source));
    const { status, headers } = httpHead(data, formatted);
    // GraphQL over HTTP has 2xx for an answer with data; root fields that are null alike hold none.
    const kept = status === 200 ? (data ?? null) : null;
    return response(status, headers, { errors: formatted, data: kept, extensions });
  }
}

/** What has become of an operation, as far as its caller's credentials were remembered. */
interface Course {
  /** Whether they hold no more. */
  isOutdated: boolean;
  /** Whether the operation's own transaction has found that out, and so keeps nothing. */
  isRefused: boolean;
  /** Whether nothing was done, so that the operation can be run again. */
  isUndone: boolean;
}

function note(course: Course): void {
  course.isOutdated = true;
}

/** Whether each root field of a mutation has failed, and by itself: then nothing is left of any. */
function isNothingDone({ data, errors = [] }: ExecutionResult): boolean {
  const failed = new Set(errors.map(({ path }) => (path?.length === 1 ? path[0] : undefined)));
  return data != null && Object.keys(data).every((key) => failed.has(key));
}

function isForbidden({ errors = [] }: ExecutionResult): boolean {
  return errors.some(
    ({ originalError }) =>
      originalError instanceof RowhouseError && originalError.code === 'FORBIDDEN',
  );
}

/** graphql-js answers without `data` when the variables don't fit: nothing was executed. */
function uncoercible({ operation }: Operation, { errors = [] }: ExecutionResult): Response {
  const { code, message, details } = badUserInput(variableFaults(errors, operation));
  const locations = errors.flatMap((error) => error.locations ?? []);
  return response(400, [], { errors: [{ message, locations, extensions: { code, ...details } }] });
}

function response(
  status: number,
  headers: readonly (readonly [string, string])[],
  singleResult: FormattedExecutionResult<Record<string, unknown>>,
): Response {
  const head = new HeaderMap(headers.map(([name, value]) => [name, value]));
  return { http: { status, headers: head }, body: { kind: 'single', singleResult } };
}

function refused({ message, extensions }: GraphQLError): GraphQLFormattedError {
  return { message, extensions: { code: 'GRAPHQL_VALIDATION_FAILED', ...extensions } };
}
