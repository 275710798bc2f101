import type { EnvironmentReader } from './environment-reader.js';

/** The key with which the server proves to the database that it has set the organization. */
export function readSealKey(read: EnvironmentReader): string | undefined {
  return read.secret('TENANT_SEAL_KEY', { minBytes: 32 });
}
