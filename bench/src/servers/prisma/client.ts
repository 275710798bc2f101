import { PrismaPg } from '@prisma/adapter-pg';
import type { PrismaClient } from '../../../../src/tenancy/generated/prisma/client.js';
import type { Settings } from '../shared/settings.ts';

export type { PrismaClient };
export type Transaction = Parameters<Parameters<PrismaClient['$transaction']>[0]>[0];

/** The order of every list; the id makes it total. */
export const OLDEST_FIRST = [{ createdAt: 'asc' }, { id: 'asc' }] as const;

/** The product's own client, as its build leaves it: generated from the same schema.prisma. */
const GENERATED = new URL('../../../../dist/tenancy/generated/prisma/client.js', import.meta.url);

/** Under overload a request waits for its connection, as it does with the other peers. */
const PATIENCE_MS = 30_000;

export async function createClient({ databaseUrl, poolSize }: Settings): Promise<PrismaClient> {
  const generated: typeof import('../../../../src/tenancy/generated/prisma/client.js') =
    await import(GENERATED.href);
  const adapter = new PrismaPg(
    {
      connectionString: databaseUrl,
      max: poolSize,
      idleTimeoutMillis: 0,
      // The adapter reads and writes timestamps as if the session were in UTC.
      options: '-c TimeZone=UTC',
    },
    { statementNameGenerator: nameStatements() },
  );
  return new generated.PrismaClient({
    adapter,
    transactionOptions: { maxWait: PATIENCE_MS, timeout: PATIENCE_MS },
  });
}

/**
 * Without names the adapter prepares nothing. Prisma writes few different texts; only the length of an
 * `IN` list makes some more.
 */
function nameStatements() {
  const names = new Map<string, string>();
  return ({ sql }: { sql: string }): string => {
    const name = names.get(sql) ?? `prisma_${names.size}`;
    names.set(sql, name);
    return name;
  };
}
