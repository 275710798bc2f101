export { prepareRoles, type RolePasswords, restrictLargeObjects } from './cluster-roles.js';
export { EmbeddedPostgresError, type EmbeddedPostgresFault } from './embedded-postgres.error.js';
export type { EmbeddedPostgres, EmbeddedPostgresOptions } from './embedded-postgres.js';
export { readEmbeddedPostgres, startEmbeddedPostgres } from './start-embedded-postgres.js';
export type { ServerState } from './state-file.js';
