import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient } from './generated/prisma/client.js';
import type { Tenant } from './tenant.js';

/** Runs `work` with a PrismaClient that is bound to the transaction's connection. */
export type RunWithPrisma = <T>(work: (bound: PrismaClient) => Promise<T>) => Promise<T>;

/**
 * A PrismaClient for one transaction. It holds no connection: each operation is handed on, when it
 * is awaited, to the client that is bound to the transaction's connection. So it can be had before
 * there is a connection, it is dead when the transaction is, and a bound client never leaves here.
 */
export function tenantPrisma(tenant: Tenant, run: RunWithPrisma): PrismaClient {
  facade ??= new PrismaClient({ adapter: new PrismaPg(new RefusingPool()) });
  const extended = facade.$extends({
    query: {
      $allOperations: ({ model, operation, args }) =>
        run((bound) => dispatch(bound, model, operation, scoped(tenant, model, operation, args))),
    },
  });
  return extended as unknown as PrismaClient;
}

let facade: PrismaClient | undefined;

/** The facade's own adapter is never asked, but for `$transaction`, which has no meaning here. */
class RefusingPool extends pg.Pool {
  override connect(): never {
    throw new TypeError(
      'A tenant transaction is open already: write one statement after the other inside it.',
    );
  }
}

type Operation = (...args: unknown[]) => Promise<unknown>;

function dispatch(
  bound: PrismaClient,
  model: string | undefined,
  operation: string,
  args: unknown,
): Promise<unknown> {
  const target = model === undefined ? bound : delegateOf(bound, model);
  const method = (target as unknown as Record<string, Operation>)[operation];
  if (!method) throw new TypeError(`Prisma has no operation ${operation}`);
  // The two `…Unsafe` operations give their arguments as an array.
  return Array.isArray(args) ? method.apply(target, args) : method.call(target, args);
}

function delegateOf(bound: PrismaClient, model: string): object {
  const name = `${model.charAt(0).toLowerCase()}${model.slice(1)}`;
  return (bound as unknown as Record<string, object>)[name] as object;
}

/** Operations that take a free `where`; the others name a row by its key, organization included. */
const FILTERED = new Set([
  'findMany',
  'findFirst',
  'findFirstOrThrow',
  'count',
  'aggregate',
  'groupBy',
  'updateMany',
  'updateManyAndReturn',
  'deleteMany',
]);

/**
 * Row-level security already hides what belongs to others. Saying `org_id = …` as well lets the
 * planner start from the organization's part of the index, and a distributed one from its shard.
 */
function scoped(tenant: Tenant, model: string | undefined, operation: string, args: unknown) {
  if (model === undefined || model === 'Organization' || !FILTERED.has(operation)) return args;
  const { where, ...rest } = (args ?? {}) as { where?: object };
  return { ...rest, where: { ...where, orgId: tenant.orgId } };
}
