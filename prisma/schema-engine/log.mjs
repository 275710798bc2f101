/**
 * Writes one line as the native engine logs: JSON on stderr. The Prisma CLI looks for the first line
 * of level ERROR and target `schema_engine::logger`, and shows its message and error code.
 *
 * @param {'INFO' | 'WARN' | 'ERROR'} level
 * @param {string} message
 * @param {Record<string, unknown>} [fields]
 */
export function log(level, message, fields = {}) {
  const line = { level, fields: { message, ...fields }, target: 'schema_engine::logger' };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}
