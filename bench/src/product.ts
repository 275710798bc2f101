/**
 * What the benchmark uses of the product, as `npm run build` has left it. The build holds no types, so
 * those that are needed stand here.
 */
import type { Client } from 'pg';

export interface EmbeddedPostgres {
  /** Database `postgres` as a superuser. */
  readonly superuserUrl: string;
  /** Database `rowhouse` as the role that owns and migrates it. */
  readonly ownerUrl: string;
  /** Database `rowhouse` as the role that serves requests. */
  readonly appUrl: string;
  readonly version: string;
  stop(): Promise<void>;
}

type IdPrefix = 'org' | 'user' | 'proj' | 'task' | 'cat' | 'prod' | 'cart' | 'order';

interface Product {
  'embedded-postgres/index.js': {
    startEmbeddedPostgres(options: {
      directory: string;
      durable: boolean;
      settings: Readonly<Record<string, string>>;
    }): Promise<EmbeddedPostgres>;
  };
  'embedded-postgres/free-port.js': { findFreePort(): Promise<number> };
  'identity/session/access-token.js': {
    AccessTokens: new (
      settings: { secret: string; issuer: string; audience: string; lifetimeSeconds: number },
      clock: { now(): Date },
    ) => {
      issue(caller: {
        orgId: string;
        userId: string;
        role: string;
        sessionId: string;
        stamp: number;
        expiresAt: Date;
      }): Promise<{ token: string; expiresAt: Date }>;
    };
  };
  'migrations/index.js': {
    deployMigrations(options: { url: string; onProgress(message: string): void }): Promise<void>;
  };
  'seed/load-words.js': { TASK_VERBS: readonly string[]; TASK_OBJECTS: readonly string[] };
  'shared/clock.js': { systemClock: { now(): Date } };
  'shared/ids.js': {
    encodeId(prefix: IdPrefix, uuid: string): string;
    decodeId(prefix: IdPrefix, id: string, path: string): string;
  };
  'tenancy/index.js': {
    enableSeal(client: Client, key: string): Promise<unknown>;
    withAdminConnection<T>(url: string, work: (client: Client) => Promise<T>): Promise<T>;
  };
}

async function load<Path extends keyof Product>(path: Path): Promise<Product[Path]> {
  return (await import(new URL(`../../dist/${path}`, import.meta.url).href)) as Product[Path];
}

export const { startEmbeddedPostgres } = await load('embedded-postgres/index.js');
export const { findFreePort } = await load('embedded-postgres/free-port.js');
export const { AccessTokens } = await load('identity/session/access-token.js');
export const { deployMigrations } = await load('migrations/index.js');
export const { TASK_OBJECTS, TASK_VERBS } = await load('seed/load-words.js');
export const { systemClock } = await load('shared/clock.js');
export const { decodeId, encodeId } = await load('shared/ids.js');
export const { enableSeal, withAdminConnection } = await load('tenancy/index.js');
