import type { Tenant, TenantTransaction } from '../tenancy/index.js';

/**
 * What a dispatcher carries out: something that organizations put down in their transactions, and that is done
 * elsewhere once these stand. An errand has an id, which is the same however often it is tried.
 */
export interface Errands<Errand> {
  /**
   * Which organizations have something due.
   *
   * @param after UUID behind which to look
   * @returns UUIDs in their order; none when there are no more
   */
  findOrganizations(after: string): Promise<string[]>;

  /**
   * Takes some of what is due, and makes it due again when the lease is over: should this process die, another one
   * takes it then.
   */
  claim(tx: TenantTransaction, limit: number): Promise<Errand[]>;

  /**
   * Does it, outside of any transaction. Never rejects: what went wrong is an outcome too.
   *
   * @param cutOff aborts when there is no more time for it
   */
  carryOut(tenant: Tenant, errand: Errand, cutOff: AbortSignal): Promise<ErrandOutcome>;

  /** What the log says of an errand. */
  logged(errand: Errand): object;

  /** Sentences for the log. */
  readonly words: {
    /** Nobody can tell what is due. */
    readonly unreadable: string;
    readonly unrecorded: string;
    /** Nothing gets through. */
    readonly blocked: string;
    /** It does again. */
    readonly open: string;
  };
}

/** How it went. */
export interface ErrandOutcome {
  /** Writes that down, in a transaction of its own. It may be called again, when it was not kept. */
  readonly record: (tx: TenantTransaction) => Promise<void>;
  /** Whether others will fare any better now; nothing where this one says nothing about that. */
  readonly way?: 'open' | 'blocked' | undefined;
  /** Why it is blocked. */
  readonly reason?: string | undefined;
}
