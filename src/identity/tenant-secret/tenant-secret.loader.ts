import { rowLoader } from '../../shared/batch.js';
import { loadPermitted } from '../load-permitted.js';
import { TenantSecretStore } from './tenant-secret.store.js';

/** The secrets of one request, each fetched once. */
export class TenantSecretLoader extends rowLoader(new TenantSecretStore()) {}

export const loadTenantSecret = loadPermitted('credentials:write', TenantSecretLoader);
