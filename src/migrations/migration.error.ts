/** Why a migration could not be made or taken back, and what to do: `message` is for the terminal. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}
