import type { EnvironmentReader } from './environment-reader.js';

/** Findings of the isolation audit that an operator may live with. */
export type AcceptedFinding = 'large-object-functions';

/**
 * Only a superuser can take the large-object functions away, and managed services lend none. Rowhouse
 * stores no large objects, so what is left open is a store that organizations would share if their
 * SQL were injected.
 */
export function readAcceptedFindings(read: EnvironmentReader): readonly AcceptedFinding[] {
  return read.boolean('ALLOW_LARGE_OBJECT_FUNCTIONS', false) ? ['large-object-functions'] : [];
}
