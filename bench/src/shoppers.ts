import type { Caller } from './calls.ts';
import type { Data, Organization } from './data.ts';

/** Somebody who shops, and where. */
export interface Shopper {
  readonly organization: Organization;
  readonly caller: Caller;
}

/** Users who shop. Each connection has its own, so that no two fill the same cart at once. */
export class Shoppers {
  readonly #shoppers: readonly Shopper[];
  readonly #connections: number;
  readonly #next: number[];

  constructor({ organizations }: Data, connections: number) {
    const most = Math.max(0, ...organizations.map(({ userIds }) => userIds.length));
    // One of each organization, and then another one of each: neighbours are of different organizations.
    this.#shoppers = Array.from({ length: most }, (_, place) =>
      organizations.flatMap((organization) => {
        const userId = organization.userIds[place];
        return userId ? [{ organization, caller: { orgId: organization.id, userId } }] : [];
      }),
    ).flat();
    this.#connections = connections;
    this.#next = Array.from({ length: connections }, (_, connection) => connection);
  }

  /** The connection's next shopper, in turns. */
  next(connection: number): Shopper {
    const index = this.#next[connection] ?? connection;
    const following = index + this.#connections;
    this.#next[connection] = following < this.#shoppers.length ? following : connection;
    const shopper = this.#shoppers[index];
    if (shopper === undefined) throw new Error(`Connection ${connection} has no shoppers.`);
    return shopper;
  }
}
