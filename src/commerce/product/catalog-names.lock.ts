import { lockName, shareName, type TenantTransaction } from '../../tenancy/index.js';

const NAMES = 'names of the catalog';

/**
 * Keeps what a file names as it is until the transaction ends: no product gets another SKU, and no category goes. A file
 * names products and categories in any order, as it comes; whoever changes what they are called has one and needs another.
 *
 * To be called before anything of the catalog is locked.
 */
export function holdCatalogNames(tx: TenantTransaction): Promise<void> {
  return shareName(tx, NAMES);
}

/**
 * Waits for an import of the organization, and for whoever else changes SKUs or removes categories. Products that are made
 * or restored need none of it: they hold nothing yet that a file could wait for.
 *
 * To be called before anything else is locked.
 */
export function lockCatalogNames(tx: TenantTransaction): Promise<void> {
  return lockName(tx, NAMES);
}
