export { announce } from './announce.js';
export { DatabaseFault, explainDatabaseFault } from './database-fault.js';
export { databaseName } from './database-name.js';
export {
  mentionUnusedSeal,
  refuseWhenUnprotected,
  waitForDatabase,
} from './database-readiness.js';
export { loadEnvFile } from './env-file.js';
export { explainFailure, Refusal } from './explain-failure.js';
export { listen } from './listen.js';
export { LOCAL_DIRECTORY } from './local-directory.js';
export { openDatabase } from './open-database.js';
export { ProgressLine } from './progress-line.js';
export { LogReport, type Report, TerminalReport } from './report.js';
export { Shutdown } from './shutdown.js';
export { count, print, printError, table } from './terminal.js';
export { keptTokenSecret } from './token-secret.js';
