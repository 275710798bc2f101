import { ConfigurationError } from '../../src/config/configuration.error.js';
import { readEnvironment } from '../../src/config/environment.js';

/** What production cannot do without. */
export const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgresql://rowhouse_app:secret@db:5432/rowhouse',
  JWT_SECRET: 'x'.repeat(32),
};

/** What is said against these settings; empty when they are good. */
export function faultsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readEnvironment(env);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
  return [];
}
