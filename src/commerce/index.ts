export { type CommerceOptions, createCommerce } from './commerce.js';
export { SalesLedger } from './sales/sales-ledger.js';
