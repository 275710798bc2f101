import type { AnyStatement } from '../shared/statements/index.js';
import type { PrismaClient } from './generated/prisma/client.js';
import type { Tenant } from './tenant.js';

/** Queries share one snapshot and cannot write; mutations write. */
export type Access = 'read' | 'write';

/**
 * The handle of one tenant's transaction: the only way to the database for a resolver, a loader, a
 * service or a store. Made by `withTenant` alone, and dead when that returns.
 *
 * Every method throws `HandleRevokedError` after the transaction has ended, UNAVAILABLE when the
 * database cannot be reached or all connections stay taken, and `DatabaseError` when PostgreSQL
 * refuses the statement.
 */
export interface TenantTransaction {
  readonly tenant: Tenant;
  readonly access: Access;

  /**
   * Prisma Client inside this transaction. Reads, updates and deletes of tenant rows carry the
   * organization by themselves, so that the statement also meets the right index.
   */
  readonly prisma: PrismaClient;

  /** Runs a statement that was built and type-checked with `query`; resolves to its rows. */
  execute<Row>(statement: AnyStatement<Row>): Promise<Row[]>;

  /**
   * Runs `work` as one unit: all of its writes stand or all of them fall, and a unit that fails
   * takes neither the units before it nor those after it along. Units follow one another; they do
   * not nest.
   *
   * @param options.alone that no other unit follows or precedes, which saves the savepoint
   */
  unit<T>(work: () => Promise<T>, options: { alone: boolean }): Promise<T>;

  /**
   * Runs `work` as the organization itself: what it does on behalf of a shopper who may not do it, such as taking
   * what was ordered out of stock. For everybody else it just runs.
   *
   * Nothing else of the transaction runs meanwhile, so it is for the unit of a mutation alone.
   */
  asOrganization<T>(work: () => Promise<T>): Promise<T>;

  /**
   * Calls back once the transaction has ended and PostgreSQL has acknowledged its commit; never when it was
   * rolled back. It is a hint: a process that ends meanwhile, or an answer that is lost, and it does not come.
   *
   * @param callback throws nothing
   */
  afterCommit(callback: () => void): void;
}
