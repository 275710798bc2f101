import type { Sweeping } from '../dispatch/index.js';
import type { Tenancy, Tenant } from '../tenancy/index.js';
import type { DispatchPace } from './dispatch-pace.js';
import { OutgoingMailStore } from './outgoing-mail.store.js';

const store = new OutgoingMailStore();

/** Mail that left, or was given up, long ago: it is forgotten, whether its organization has mail again or not. */
export class OldMail implements Sweeping {
  readonly failed = 'old mail cannot be forgotten; trying again later';
  readonly everyMs: number;
  readonly #keepMs: number;
  readonly #tenancy: Tenancy;

  constructor(tenancy: Tenancy, { keepMs, sweepMs }: DispatchPace) {
    this.#tenancy = tenancy;
    this.#keepMs = keepMs;
    this.everyMs = sweepMs;
  }

  findOrganizations(after: string): Promise<string[]> {
    return this.#tenancy.findOrganizationsWithOldMail(after, this.#keepMs);
  }

  async sweep(tenant: Tenant, mayGoOn: () => boolean): Promise<void> {
    let isMore = true;
    while (isMore && mayGoOn()) {
      isMore = await this.#tenancy.withTenant(tenant, 'write', (tx) =>
        store.forget(tx, this.#keepMs),
      );
    }
  }
}
