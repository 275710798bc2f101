export {
  type ApiAttackResult,
  ATTACK_SERVER_OPTIONS,
  type AttackerRole,
  attackApi,
} from './attack-api.js';
export { attackDatabase, type DatabaseAttackResult } from './attack-database.js';
export { type AttackRecord, total, writeRecord } from './attack-record.js';
export type { AttackResult } from './attack-report.js';
