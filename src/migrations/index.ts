export { deployMigrations } from './deploy-migrations.js';
export { emptyDatabase } from './empty-database.js';
export { type MigrationState, type MigrationStatus, migrationStatus } from './migration-status.js';
export { planRollback, rollbackMigrations } from './rollback-migrations.js';
