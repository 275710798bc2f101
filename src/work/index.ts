export { createWork } from './work.js';
