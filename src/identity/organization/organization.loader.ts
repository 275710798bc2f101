import { rowLoader } from '../../shared/batch.js';
import { OrganizationStore } from './organization.store.js';

/** The organization of one request, fetched once. */
export class OrganizationLoader extends rowLoader(new OrganizationStore()) {}
