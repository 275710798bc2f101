import type { ServerUnderTest } from '../server-under-test.ts';
import { drizzle, drizzlePrepared } from './drizzle/index.ts';
import { floor } from './floor/index.ts';
import { postgraphile } from './postgraphile/index.ts';
import { prisma } from './prisma/index.ts';
import { rowhouse, rowhouseSealed } from './rowhouse/index.ts';

/** What is compared unless somebody asks for others. */
export const DEFAULT_SERVERS: readonly ServerUnderTest[] = [
  rowhouse,
  // No generated mutation has optimistic locking.
  { ...postgraphile, ignoresVersion: true },
  drizzle,
  prisma,
  floor,
];

export const SERVERS: readonly ServerUnderTest[] = [
  ...DEFAULT_SERVERS,
  drizzlePrepared,
  rowhouseSealed,
];
