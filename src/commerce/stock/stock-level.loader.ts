import { rowLoader } from '../../shared/batch.js';
import { StockLevelStore } from './stock-level.store.js';

/** The stock levels of one request by the ids of their products, each fetched once. */
export class StockLevelLoader extends rowLoader(new StockLevelStore()) {}
