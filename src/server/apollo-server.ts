import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { GraphQLFormattedError, GraphQLSchema } from 'graphql';
import type { ServerSettings } from '../config/environment.js';
import type { Logger } from '../shared/logger.js';
import { PREFLIGHTED_HEADERS } from './cross-site.js';
import { asGraphQLError, type ErrorFormat } from './error-format.js';
import type { ApolloContext } from './exchange.js';
import { landingPage } from './landing-page.js';
import type { OperationExecutor } from './operation-executor.js';
import { operationLimitsRule } from './operation-limits.js';

export interface ApolloServerOptions {
  readonly schema: GraphQLSchema;
  readonly settings: ServerSettings;
  readonly executor: OperationExecutor;
  readonly errors: ErrorFormat;
  readonly logger: Logger;
}

/** What lets a request pass that a form could have sent as well. */
const CSRF_SAFE_HEADERS = [...PREFLIGHTED_HEADERS, 'authorization', 'x-publishable-key'];

/** Nobody mends more at once, and a document of nonsense is not worth a long answer. */
const MOST_VALIDATION_ERRORS = 20;

/** Errors of parsing, validation and HTTP; their messages speak of the request alone. */
const CLIENT_ERRORS = new Set([
  'BAD_REQUEST',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);

/**
 * Apollo Server, for what it does best: HTTP semantics, CSRF prevention, parsing, validation and the
 * cache of parsed documents. Execution and error format are ours.
 */
export async function startApolloServer(
  options: ApolloServerOptions,
): Promise<ApolloServer<ApolloContext>> {
  const { schema, settings, executor, errors, logger } = options;
  const apollo = new ApolloServer<ApolloContext>({
    schema,
    logger,
    // Otherwise read from the process: nothing here may depend on NODE_ENV behind our back.
    nodeEnv: 'production',
    stopOnTerminationSignals: false,
    introspection: settings.introspection,
    hideSchemaDetailsFromClientErrors: !settings.introspection,
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    csrfPrevention: { requestHeaders: CSRF_SAFE_HEADERS },
    parseOptions: { maxTokens: settings.limits.tokens },
    validationOptions: { maxErrors: MOST_VALIDATION_ERRORS },
    validationRules: [operationLimitsRule(settings.limits)],
    formatError: (formatted, error) => formatRequestError(errors, formatted, error),
    plugins: [
      // Its schema instrumentation would wrap every field: a quarter of the throughput.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      landingPage(settings, schema),
      executorPlugin(executor),
    ],
  });
  await apollo.start();
  return apollo;
}

function executorPlugin(executor: OperationExecutor): ApolloServerPlugin<ApolloContext> {
  return {
    async requestDidStart() {
      return {
        async responseForOperation({ document, operation, request, contextValue }) {
          // Apollo's own way of saying that there is no operation of that name.
          if (!operation) return null;
          contextValue.exchange.operation = { document, operation };
          const { variables } = request;
          return executor.execute({ document, operation, variables }, contextValue.exchange);
        },
      };
    },
  };
}

/** Errors that came up before or around execution. */
function formatRequestError(
  errors: ErrorFormat,
  formatted: GraphQLFormattedError,
  thrown: unknown,
): GraphQLFormattedError {
  const code = formatted.extensions?.code;
  if (typeof code === 'string' && CLIENT_ERRORS.has(code)) return formatted;
  return errors.format(asGraphQLError(thrown), {});
}
