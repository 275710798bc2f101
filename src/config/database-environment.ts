import { type AcceptedFinding, readAcceptedFindings } from './accepted-findings.js';
import { EnvironmentReader } from './environment-reader.js';
import { readSealKey } from './seal-key.js';

/** What a command that works on the database itself needs: unlike the server, no secrets of the API. */
export interface DatabaseEnvironment {
  readonly mode: 'development' | 'test' | 'production';
  /** Connection string of the role that serves requests. */
  readonly servingUrl: string | undefined;
  /** Connection string for migrations; the serving one where there is no other. */
  readonly migrationUrl: string | undefined;
  /** Port of the embedded server; without one, any free port. */
  readonly embeddedPort: number | undefined;
  /** What the isolation audit leaves out. */
  readonly acceptedFindings: readonly AcceptedFinding[];
  /** Seals contexts, and is what `npm run db -- seal` makes known to the database. */
  readonly sealKey: string | undefined;
}

/**
 * Reads the settings of the database. Without any URL a command uses the embedded server, but never in
 * production.
 *
 * @throws ConfigurationError with all faults at once
 */
export function readDatabaseEnvironment(env: NodeJS.ProcessEnv = process.env): DatabaseEnvironment {
  const read = new EnvironmentReader(env);
  const mode = read.oneOf('NODE_ENV', ['development', 'test', 'production'], 'development');
  const servingUrl = read.postgresUrl('DATABASE_URL');
  const migrationUrl = read.postgresUrl('MIGRATION_DATABASE_URL') ?? servingUrl;
  if (mode === 'production' && !migrationUrl) {
    read.fault('Neither MIGRATION_DATABASE_URL nor DATABASE_URL is set; production takes one.');
  }
  const embeddedPort = read.optionalInteger('EMBEDDED_POSTGRES_PORT', { min: 1, max: 65_535 });
  const acceptedFindings = readAcceptedFindings(read);
  const sealKey = readSealKey(read);
  return read.result({ mode, servingUrl, migrationUrl, embeddedPort, acceptedFindings, sealKey });
}
