export { type CommerceOptions, createCommerce } from './commerce.js';
