export { Dispatcher } from './dispatcher.js';
export type { ErrandOutcome, Errands } from './errands.js';
export { Sweeper, type Sweeping } from './sweeper.js';
