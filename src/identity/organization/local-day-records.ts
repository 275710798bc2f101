import type { TenantTransaction } from '../../tenancy/index.js';

/**
 * What other features keep by days of the organization's time zone. They know organizations, organizations don't know
 * them; so they hand this in, for when the time zone changes.
 */
export interface LocalDayRecords {
  /** Whether it would take longer to make them anew than a request has. */
  areTooMany(tx: TenantTransaction): Promise<boolean>;

  /** Makes them anew by the time zone that the organization's row has now. */
  rebuild(tx: TenantTransaction): Promise<void>;
}
