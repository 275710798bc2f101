import { loadById } from '../../shared/batch.js';
import type { RequestContext } from '../request-context.js';
import { SecondFactorStore } from './second-factor.store.js';

const store = new SecondFactorStore();

/** Who has a second factor, asked for once for all users of a list. */
export class SecondFactorLoader {
  readonly confirmedOf;

  constructor(ctx: RequestContext) {
    this.confirmedOf = loadById((userIds) => store.findConfirmed(ctx.tx, userIds));
  }
}
