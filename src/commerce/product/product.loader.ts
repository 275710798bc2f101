import { rowLoader } from '../../shared/batch.js';
import { ProductStore } from './product.store.js';

/** The products of one request, each fetched once. */
export class ProductLoader extends rowLoader(new ProductStore()) {}
