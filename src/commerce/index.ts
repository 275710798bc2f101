export { type CommerceOptions, type CommerceSettings, createCommerce } from './commerce.js';
