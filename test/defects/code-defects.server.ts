// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the changes are texts of sources.
import type { CodeDefect } from './defect.js';

const ROUTE = 'src/server/graphql-route.ts';
const RECEPTION = 'src/server/reception.ts';
const KNOWN = 'src/server/known-operations.ts';
const EXECUTOR = 'src/server/operation-executor.ts';
const FORMAT = 'src/server/error-format.ts';
const DATABASE_ERROR = 'src/tenancy/database-error.ts';
const REQUEST_TESTS = 'test/isolation-requests.test.ts';
const AUTHENTICATE = 'exchange.caller = await authenticate(credentialsOf(request));';

const IMPORT = "import { isPreflighted } from './cross-site.js';";

/** From the HTTP request to the answer. */
export const SERVER_DEFECTS: readonly CodeDefect[] = [
  {
    name: 'a header beside the token decides on the organization',
    changes: [
      {
        file: RECEPTION,
        from: AUTHENTICATE,
        to: `${AUTHENTICATE}
    const named = tryDecodeId(String(request.headers['x-org-id']));
    if (exchange.caller && named) exchange.caller = { ...exchange.caller, orgId: named.uuid };`,
      },
      {
        file: RECEPTION,
        from: IMPORT,
        to: `${IMPORT}\nimport { tryDecodeId } from '../shared/ids.js';`,
      },
    ],
    tryFirst: { files: ['test/identity-sign-in.test.ts'], tests: 'from a header' },
  },
  {
    name: 'a parameter of the URL decides on the organization',
    changes: [
      {
        file: RECEPTION,
        from: AUTHENTICATE,
        to: `${AUTHENTICATE}
    const { org } = request.query as { org?: string };
    const named = tryDecodeId(String(org));
    if (exchange.caller && named) exchange.caller = { ...exchange.caller, orgId: named.uuid };`,
      },
      {
        file: RECEPTION,
        from: IMPORT,
        to: `${IMPORT}\nimport { tryDecodeId } from '../shared/ids.js';`,
      },
    ],
    tryFirst: { files: [REQUEST_TESTS], tests: 'that a request names' },
  },
  {
    name: 'a variable of the operation decides on the organization',
    changes: [
      {
        file: EXECUTOR,
        from: 'const { orgId, userId, use: recording } = sender;',
        to: `const { userId, use: recording } = sender;
    const orgId = tryDecodeId(String(operation.variables?.orgId))?.uuid ?? sender.orgId;`,
      },
      {
        file: EXECUTOR,
        from: "import { badUserInput, RowhouseError } from '../shared/errors.js';",
        to: "import { badUserInput, RowhouseError } from '../shared/errors.js';\nimport { tryDecodeId } from '../shared/ids.js';",
      },
    ],
    tryFirst: { files: [REQUEST_TESTS], tests: 'that a request names' },
  },
  {
    name: 'who sends no token is whoever came last',
    changes: [
      {
        file: RECEPTION,
        from: AUTHENTICATE,
        to: 'last = (await authenticate(credentialsOf(request))) ?? last;\n    exchange.caller = last;',
      },
      {
        file: RECEPTION,
        from: 'function beginExchange(',
        to: 'let last: Caller | null = null;\n\nfunction beginExchange(',
      },
    ],
    tryFirst: { files: ['test/identity-permissions.test.ts'], tests: 'who is not signed in' },
  },
  {
    name: 'an answer is kept for whoever asks the same',
    changes: [
      {
        file: EXECUTOR,
        from: 'result = await this.#inTransaction(operation, exchange, course);',
        to: `const asked = JSON.stringify([operation.document.loc?.source.body, operation.variables]);
      const known = operation.operation.operation === 'query' ? ANSWERS.get(asked) : undefined;
      result = known ?? (await this.#inTransaction(operation, exchange, course));
      if (!result.errors) ANSWERS.set(asked, result);`,
      },
      {
        file: EXECUTOR,
        from: '/** What Apollo Server takes for an answer. */',
        to: 'const ANSWERS = new Map<string, ExecutionResult>();\n',
      },
    ],
    tryFirst: { files: [REQUEST_TESTS], tests: 'has just asked' },
  },
  {
    name: 'every operation may write',
    changes: [
      {
        file: EXECUTOR,
        from: "const isMutation = operation.operation.operation === 'mutation';",
        to: "const isMutation = operation.operation.operation !== 'subscription';",
      },
    ],
    tryFirst: { files: ['test/server-transactions.test.ts'], tests: 'cannot write' },
  },
  {
    name: 'the fields of a mutation are no units',
    pitfall: 26,
    changes: [
      {
        file: 'src/server/mutation-units.ts',
        from: 'if (!context.hasTransaction) return',
        to: "if (context.caller?.userId !== '') return",
      },
    ],
    tryFirst: { files: ['test/server-transactions.test.ts'], tests: 'stand alone' },
  },
  {
    name: 'an error tells what the database has said',
    pitfall: 21,
    changes: [
      {
        file: FORMAT,
        from: "'Something went wrong on our side.'",
        to: "cause instanceof Error ? cause.message : 'Something went wrong on our side.'",
      },
    ],
    tryFirst: { files: ['test/isolation-pitfalls.test.ts'], tests: 'pitfall 21' },
  },
  {
    name: 'an error tells the SQLSTATE',
    pitfall: 21,
    changes: [
      {
        file: FORMAT,
        from: "{ code: 'INTERNAL', incidentId }",
        to: "{ code: 'INTERNAL', incidentId, reason: (cause as { sqlState?: string } | null)?.sqlState }",
      },
    ],
    tryFirst: { files: ['test/isolation-pitfalls.test.ts'], tests: 'pitfall 21' },
  },
  {
    name: 'who is locked out is told by which row',
    pitfall: 21,
    changes: [
      {
        file: DATABASE_ERROR,
        from: 'unavailable(DATABASE_BUSY, error)',
        to: 'unavailable(`The database is busy: ${error.message}. ${error.detail}`, error)',
      },
    ],
    tryFirst: { files: [REQUEST_TESTS], tests: 'busy, or gone' },
  },
  {
    name: 'a lost connection tells where the database is',
    pitfall: 21,
    changes: [
      {
        file: DATABASE_ERROR,
        from: "'The database cannot be reached at the moment. Try again shortly.'",
        to: '`The database cannot be reached: ${cause}`',
      },
    ],
    tryFirst: { files: [REQUEST_TESTS], tests: 'busy, or gone' },
  },
  {
    name: 'a request that comes again has the variables of the first one',
    changes: [
      {
        file: KNOWN,
        from: 'operations.set(operationName, exchange.operation);',
        to: 'operations.set(operationName, { ...exchange.operation, variables: asked.variables } as ResolvedOperation);',
      },
      {
        file: KNOWN,
        from: '{ operation: { ...resolved, variables: asked.variables }, contentType }',
        to: '{ operation: { variables: asked.variables, ...resolved }, contentType }',
      },
    ],
    tryFirst: { files: ['test/known-operations.test.ts'], tests: 'variables of its time' },
  },
  {
    name: 'a request that comes again is run for who sent it first',
    changes: [
      {
        file: ROUTE,
        from: 'executor.execute(known.operation, exchange);',
        to: 'executor.execute(known.operation, first.get(known.operation.operation) ?? exchange);\n    first.set(known.operation.operation, exchange);',
      },
      {
        file: ROUTE,
        from: 'function sendCookies(',
        to: 'const first = new Map<object, ReturnType<typeof exchangeOf>>();\n\nfunction sendCookies(',
      },
    ],
    tryFirst: { files: ['test/known-operations.test.ts'], tests: 'to each organization' },
  },
  {
    name: 'a route beside GraphQL asks for no permission',
    changes: [
      {
        file: 'src/server/feature-routes.ts',
        from: 'if (route.permission) requirePermissions(',
        to: 'if (route.permission === undefined) requirePermissions(',
      },
    ],
    tryFirst: { files: ['test/commerce-import.test.ts'], tests: 'who may import' },
  },
  {
    name: 'what a customer or a guest asks for is answered as to staff',
    pitfall: 31,
    changes: [
      {
        file: EXECUTOR,
        from: 'isShopper: isShopper(exchange) };',
        to: 'isShopper: isShopper(exchange) && orgId === userId };',
      },
    ],
    tryFirst: { files: ['test/shopper-fields.test.ts'] },
  },
  {
    name: 'customers and guests may use whatever needs no permission',
    pitfall: 31,
    changes: [
      {
        file: 'src/identity/authorization.ts',
        from: 'if (caller ? !rule : !rule?.isForGuests) throw',
        to: 'if (caller === undefined && !rule) throw',
      },
    ],
    tryFirst: { files: ['test/shoppers.test.ts'], tests: 'is refused whatever|is nobody' },
  },
  {
    name: 'API keys may change whatever needs no permission',
    changes: [
      {
        file: 'src/identity/authorization.ts',
        from: 'context.caller?.isKey && permissions.length === 0',
        to: 'context.caller?.isKey && permissions.length < 0',
      },
    ],
    tryFirst: { files: ['test/identity-permissions.test.ts'], tests: 'placeOrder|updateProfile' },
  },
  {
    name: 'a webhook of one organization is good for another',
    changes: [
      {
        file: 'src/commerce/payment/webhook-secrets.ts',
        from: 'update(`payment webhook\\0${orgId}`)',
        to: 'update(`payment webhook\\0${orgId.slice(0, 0)}`)',
      },
    ],
    tryFirst: { files: ['test/commerce-payment-webhooks.test.ts'], tests: 'is refused' },
  },
  {
    name: 'a route without a caller serves though it is not listed',
    changes: [
      {
        file: 'src/server/signed-routes.ts',
        from: 'if (SIGNED_ROUTES.has(`${method} ${path}`)) continue;',
        to: 'if (SIGNED_ROUTES.size > 0 || path === method) continue;',
      },
    ],
    tryFirst: { files: ['test/commerce-payment-webhooks.test.ts'], tests: 'unless it is listed' },
  },
  {
    name: 'payments are not told of what becomes of their orders',
    changes: [
      {
        file: 'src/commerce/commerce.ts',
        from: 'orders.moves.onMovedBeforeStock((tx, moved) => payment.ofOrders.orderMoved(tx, moved));',
        to: '',
      },
    ],
    tryFirst: { files: ['test/commerce-order-money.test.ts'] },
  },
  {
    name: 'sales are not told of what becomes of orders',
    changes: [
      {
        file: 'src/commerce/commerce.ts',
        from: 'orders.moves.onMovedAfterStock((tx, moved) => ledger.orderMoved(tx, moved));',
        to: '',
      },
    ],
    tryFirst: { files: ['test/commerce-order-money.test.ts'] },
  },
];
