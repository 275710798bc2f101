import { rowLoader } from '../../shared/batch.js';
import { loadPermitted } from '../load-permitted.js';
import { IdentityProviderStore } from './identity-provider.store.js';

/** The identity providers of one request, each fetched once. */
class IdentityProviderLoader extends rowLoader(new IdentityProviderStore()) {}

export const loadIdentityProvider = loadPermitted('organization:write', IdentityProviderLoader);
