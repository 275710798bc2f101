/**
 * An error the Prisma CLI knows how to show. Codes: https://www.prisma.io/docs/orm/reference/error-reference
 */
export class EngineError extends Error {
  /**
   * @param {string} message
   * @param {string} [code] Prisma's error code, for example `P1001`
   */
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

const UNREACHABLE = new Set([
  'EACCES',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/**
 * Translates what `pg` reports while connecting. The codes matter: `migrate deploy` creates the
 * database on P1003 and stops on every other one.
 *
 * @param {unknown} cause
 * @param {{ host: string, port: string, user: string, database: string }} target
 */
export function connectionError(cause, { host, port, user, database }) {
  const { code = '', message } = /** @type {Error & { code?: string }} */ (cause);
  const at = host.startsWith('/') ? host : `${host}:${port}`;
  switch (code) {
    case '3D000':
      return new EngineError(`Database \`${database}\` does not exist`, 'P1003');
    case '28P01':
      return new EngineError(
        `Authentication failed against the database server at \`${at}\`: the credentials for \`${user}\` are not valid.`,
        'P1000',
      );
    case '28000':
    case '42501':
      return new EngineError(
        `User \`${user}\` was denied access on the database \`${database}\`: ${message}`,
        'P1010',
      );
    case '57P03':
      return new EngineError(`The database server at \`${at}\` is not ready: ${message}`, 'P1001');
  }
  if (/\b(SSL|TLS|certificate)\b/i.test(message) || /CERT/.test(code)) {
    return new EngineError(`Error opening a TLS connection to \`${at}\`: ${message}`, 'P1011');
  }
  if (UNREACHABLE.has(code) || /timeout|terminated/i.test(message)) {
    return new EngineError(
      `Can't reach database server at \`${at}\`\n\nPlease make sure your database server is running at \`${at}\`.`,
      'P1001',
    );
  }
  return new EngineError(message);
}

/**
 * The native engine's wording for a migration that the database refused.
 *
 * @param {string} migrationName
 * @param {{ code: string, text: string }} failure
 */
export function failedMigrationError(migrationName, { code, text }) {
  return new EngineError(
    [
      'A migration failed to apply. New migrations cannot be applied before the error is recovered from. Read more about how to resolve migration issues in a production database: https://pris.ly/d/migrate-resolve',
      `Migration name: ${migrationName}`,
      `Database error code: ${code}`,
      `Database error:\n${text}`,
    ].join('\n\n'),
    'P3018',
  );
}
