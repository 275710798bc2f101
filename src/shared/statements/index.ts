export { fixedStatement } from './fixed-statement.js';
export { type Marked, markEach, shapedStatement, type Value, value } from './shaped-statement.js';
export type { AnyStatement } from './statement.js';
