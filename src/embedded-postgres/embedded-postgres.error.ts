/** What can keep the embedded server from running; each has its own remedy in the message. */
export type EmbeddedPostgresFault =
  | 'UNSUPPORTED_PLATFORM'
  | 'BINARIES_MISSING'
  | 'BINARIES_UNUSABLE'
  | 'DIRECTORY_UNREACHABLE'
  | 'VERSION_MISMATCH'
  | 'CREDENTIALS_LOST'
  | 'BUSY'
  | 'START_FAILED'
  | 'STOP_FAILED';

/** An error for the person at the terminal: `message` says what is wrong and what to do about it. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
  readonly fault: EmbeddedPostgresFault;

  constructor(fault: EmbeddedPostgresFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

/** The way out that always exists, for the end of a message. */
export const USE_OWN_DATABASE = 'or set DATABASE_URL to a PostgreSQL of your own';
