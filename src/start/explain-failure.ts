import { RowhouseError } from '../shared/errors.js';
import type { IsolationFinding } from '../tenancy/index.js';

/** Ends a command, or a start, with `message` on the terminal: nothing is broken, but it cannot go on. */
export class Refusal extends Error {
  override readonly name: string = 'Refusal';
}

/** The database does not keep organizations apart, so nothing may be served from it. */
export class UnprotectedDatabase extends Refusal {
  override readonly name = 'UnprotectedDatabase';

  constructor(readonly findings: readonly IsolationFinding[]) {
    const each = findings.map(
      ({ check, object, problem, remedy }) =>
        `  ${check}: ${object}\n    ${problem}\n    Remedy: ${remedy}`,
    );
    super(
      'Nothing is served, because the database does not keep organizations apart:\n\n' +
        `${each.join('\n\n')}\n\n"npm run audit:isolation" looks again.`,
    );
  }
}

/** Their names, because to import them all would be to load half of the product for one message. */
const EXPECTED = new Set([
  'ConfigurationError',
  'DatabaseFault',
  'EmbeddedPostgresError',
  'MigrationError',
  'Refusal',
  'SealError',
  'SeedError',
  'UnprotectedDatabase',
]);

/** Whether somebody has thought of this error, and its message says all that there is to say. */
export function isExpected(error: unknown): error is Error {
  return error instanceof Error && (EXPECTED.has(error.name) || error instanceof RowhouseError);
}

/** What to print for an error: its message when it was expected, otherwise all that helps to find it. */
export function explainFailure(error: unknown): string {
  if (isExpected(error)) return error.message;
  if (!(error instanceof Error)) return String(error);
  return `This was not expected, and is a fault of the program:\n\n${error.stack ?? error.message}`;
}
