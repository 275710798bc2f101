export { withAdminConnection } from './admin-connection.js';
export type { DatabaseFunction } from './boundary.functions.js';
export type { Grant } from './boundary.grants.js';
export { type Boundary, readBoundary } from './boundary.js';
export type { Role } from './boundary.roles.js';
export type { Policy, TableKey, TenantTable } from './boundary.tables.js';
export type { PoolFigures, PoolSettings } from './connection-pool.js';
export {
  DatabaseError,
  HandleRevokedError,
  isForeignKeyViolation,
  isUniqueViolation,
} from './database-error.js';
export { type ChildListRequest, entityList, type ListRequest } from './entity-list.js';
export { findAndHold, findAndKeep, findAndLock, findByIds } from './find-row.js';
export { Foresight } from './foresight.js';
export type { DB } from './generated/kysely/types.js';
export type * as model from './generated/prisma/client.js';
export { SEAL_POLICY } from './isolation-audit.expectation.js';
export {
  type AuditClient,
  auditIsolation,
  ISOLATION_CHECKS,
  type IsolationCheck,
  type IsolationFinding,
  SERVING_ROLE,
} from './isolation-audit.js';
export { lockName, shareName, tryLockName } from './named-lock.js';
export { listOrganizations, type OrganizationEntry } from './organization-directory.js';
export type { Precondition } from './precondition.js';
export { perId, perParent, query } from './query.js';
export type { Recording } from './recording.js';
export {
  disableSeal,
  enableSeal,
  extendSeal,
  prepareSeal,
  readSealState,
  rotateSeal,
  type SealKey,
  type SealState,
  sealKeyId,
} from './seal-administration.js';
export { SealRefusedError } from './seal-check.js';
export { Tenancy } from './tenancy.js';
export type { Tenant } from './tenant.js';
export { countTenantRows, type TableCount } from './tenant-rows.js';
export type { TenantTransaction } from './tenant-transaction.js';
