import DataLoader from 'dataloader';
import type { RequestContext } from '../../identity/index.js';
import { type ReservedUnits, StockReservationStore } from './stock-reservation.store.js';

const store = new StockReservationStore();

/** How much is reserved, by the ids of products, each looked up once in a request. */
export class ReservedUnitsLoader {
  readonly ofProduct: DataLoader<string, ReservedUnits>;

  constructor({ tx }: RequestContext) {
    this.ofProduct = new DataLoader(async (ids) => {
      const units = await store.reservedUnits(tx, ids, null);
      return ids.map((id) => units.get(id) as ReservedUnits);
    });
  }
}
