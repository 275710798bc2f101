import { rowLoader } from '../../shared/batch.js';
import { loadPermitted } from '../load-permitted.js';
import { PublishableKeyStore } from './publishable-key.store.js';

/** The publishable keys of one request, each fetched once. */
export class PublishableKeyLoader extends rowLoader(new PublishableKeyStore()) {}

export const loadPublishableKey = loadPermitted('credentials:write', PublishableKeyLoader);
