import { rowLoader } from '../../shared/batch.js';
import { CategoryStore } from './category.store.js';

/** The categories of one request, each fetched once. */
export class CategoryLoader extends rowLoader(new CategoryStore()) {}
