export { ACCEPTED_VIOLATIONS } from './accepted-violations.js';
export type { Sighting } from './api-driver.js';
export {
  type AcceptedViolation,
  acceptances,
  contractViolations,
  describeViolation,
  settle,
  type Violation,
} from './statement-contract.js';
export { type Seen, startTappedApi, statementsOfApi, type TappedApi } from './statements-of-api.js';
