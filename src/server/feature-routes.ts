import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLFormattedError } from 'graphql';
import { sql } from 'kysely';
import type { TransferSettings } from '../config/environment.js';
import {
  type Caller,
  type Permission,
  type RequestContext,
  requirePermissions,
  requireStaff,
} from '../identity/index.js';
import { badField, unauthenticated } from '../shared/errors.js';
import type { HttpRoute, RouteAnswer, RouteEnd } from '../shared/http-route.js';
import { query, type Tenancy, type TenantTransaction } from '../tenancy/index.js';
import { asGraphQLError } from './error-format.js';
import type { Exchange } from './exchange.js';
import { ClientGoneError, HttpTransfer, tooLarge } from './http-transfer.js';
import { OperationContext } from './operation-context.js';
import { endUse, exchangeOf, Reception, type ReceptionOptions, watched } from './reception.js';
import { refuse } from './route-refusal.js';
import { TransferSlots } from './transfer-slots.js';

export type FeatureRoute = HttpRoute<RequestContext, Permission>;

export interface FeatureRouteOptions extends ReceptionOptions {
  readonly tenancy: Tenancy;
  readonly settings: TransferSettings;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the request may take minutes to arrive. */
    isTransfer?: boolean;
  }
}

/** A body is read as it is worked on, so none of it waits in memory. */
const HELD_BYTES = 0;

/** PostgreSQL ends a transaction that has been idle for some seconds, as one is whose client is slow. */
const KEEP_ALIVE_MS = 1_000;
const KEEP_ALIVE = sql`SELECT 1`.compile(query);

/** What the work has left behind shall not be kept. Nobody sees it. */
class NotKeptError extends Error {
  constructor(readonly end: RouteEnd) {
    super('Rolled back as asked for');
  }
}

/**
 * Serves what features have beside GraphQL. Nothing of it reaches a feature before it is known who asks, with
 * which permission, and that there is room; and then it gets the caller's own organization and no other.
 */
export function addFeatureRoutes(
  fastify: FastifyInstance,
  routes: readonly FeatureRoute[],
  options: FeatureRouteOptions,
): void {
  const reception = new Reception(options, refuse);
  const slots = new TransferSlots(options.admission.figures.limit);
  fastify.register(async (scope) => {
    // Whoever answers reads the body, as it comes.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _body, done) => done(null));
    for (const route of routes) {
      scope.route({
        method: route.method,
        url: route.path,
        config: { isTransfer: true },
        exposeHeadRoute: false,
        async onRequest(request, reply) {
          const answered = await reception.receive(request, reply, HELD_BYTES);
          if (answered) return answered;
          const fault = faultOfBody(route, request);
          if (!fault) return;
          endUse(exchangeOf(request));
          return refuse(request, reply, formatted(fault.error, request), fault.status);
        },
        handler: (request, reply) => serve(route, request, reply),
      });
    }
  });

  async function serve(
    route: FeatureRoute,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    try {
      const answered = await reception.admit(request, reply, HELD_BYTES, async () => {
        const { caller } = exchangeOf(request);
        if (!caller) throw unauthenticated();
        const giveBack = slots.take(caller.orgId);
        await answer(route, request, reply).finally(giveBack);
      });
      return answered ?? reply;
    } catch (error) {
      return refuse(request, reply, formatted(error, request));
    }
  }

  /** Answers in every case but one: that remembered credentials turned out to hold no more. */
  async function answer(
    route: FeatureRoute,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const exchange = exchangeOf(request);
    let transfer: HttpTransfer | undefined;
    let opened: RouteAnswer<RequestContext> | undefined;
    try {
      opened = route.open({
        query: request.query as Record<string, string | string[] | undefined>,
        mediaType: mediaTypeOf(request),
      });
      transfer = new HttpTransfer({
        request: request.raw,
        reply,
        answer: opened,
        mostBytes: route.takes?.bytes ?? 0,
        settings: options.settings,
      });
      transfer.end((await inTransaction(route, opened, transfer, exchange)).text);
    } catch (error) {
      transfer?.close();
      if (exchange.outdated) return;
      if (error instanceof ClientGoneError) {
        reply.raw.destroy();
        return;
      }
      const told = formatted(error, request);
      if (!transfer?.hasBegun) {
        refuse(request, reply, told);
      } else if (opened?.failed) {
        const { message, extensions } = told;
        transfer.end(opened.failed({ code: String(extensions?.code), message }));
      } else {
        transfer.cut();
      }
    }
  }

  async function inTransaction(
    route: FeatureRoute,
    opened: RouteAnswer<RequestContext>,
    transfer: HttpTransfer,
    exchange: Exchange,
  ): Promise<RouteEnd> {
    // What is on its way cannot be read a second time.
    const caller = watched(exchange.caller as Caller, () => {
      exchange.outdated = { isUndone: false };
    });
    const { orgId, userId, precondition, use: recording } = caller;
    const work = async (tx: TenantTransaction) => {
      // Before anything is read or said: who is remembered, and holds no more, shall learn nothing but that.
      await tx.execute(precondition.statement);
      requireStaff({ caller, visitor: null });
      if (route.permission) requirePermissions(caller, new Set([route.permission]));
      const ctx = new OperationContext(caller, tx, exchange.client, exchange.cookies);
      const end = await keptAlive(tx, () => opened.run(ctx, transfer));
      // What nobody hears of is not kept: whoever has hung up takes it for lost.
      transfer.assertHeard();
      if (!end.isKept) throw new NotKeptError(end);
      return end;
    };
    try {
      const terms = { precondition, recording };
      return await options.tenancy.withTenant({ orgId, userId }, route.access, work, terms);
    } catch (error) {
      if (error instanceof NotKeptError) return error.end;
      throw error;
    }
  }

  function formatted(error: unknown, { id }: FastifyRequest): GraphQLFormattedError {
    return options.errors.format(asGraphQLError(error), { requestId: id });
  }
}

/** Runs `work`, in which a client may be waited for. */
async function keptAlive<T>(tx: TenantTransaction, work: () => Promise<T>): Promise<T> {
  // Its failure is that of the next statement, which tells it.
  const ping = () => void tx.execute(KEEP_ALIVE).catch(() => undefined);
  const timer = setInterval(ping, KEEP_ALIVE_MS).unref();
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** What can be seen of the body's head. */
function faultOfBody(
  { takes }: FeatureRoute,
  request: FastifyRequest,
): { status: number; error: Error } | undefined {
  if (!takes) return undefined;
  const { headers } = request;
  if (!takes.mediaTypes.includes(mediaTypeOf(request))) {
    const error = badField('content-type', `Must be one of ${takes.mediaTypes.join(', ')}.`);
    return { status: 415, error };
  }
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
    return { status: 415, error: badField('content-encoding', 'Send the body uncompressed.') };
  }
  if (Number(headers['content-length'] ?? 0) > takes.bytes) {
    return { status: 413, error: tooLarge(takes.bytes) };
  }
  return undefined;
}

function mediaTypeOf({ headers }: FastifyRequest): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
