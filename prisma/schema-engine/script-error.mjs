import { DriverAdapterError } from '@prisma/driver-adapter-utils';

const LINES_BEFORE = 5;

/**
 * Turns what PostgreSQL said about a script into a text that names the line.
 *
 * @param {unknown} cause
 * @param {string} script
 */
export function describeScriptError(cause, script) {
  const error = /** @type {import('pg').DatabaseError} */ (cause);
  const code = error.code ?? 'none';
  const severity = error.severity ?? 'ERROR';
  const message = [
    error.message,
    error.detail && `DETAIL: ${error.detail}`,
    error.hint && `HINT: ${error.hint}`,
    error.where && `CONTEXT: ${error.where}`,
    error.position && `\nPosition:\n${linesAround(script, Number(error.position))}`,
  ]
    .filter(Boolean)
    .join('\n');
  const driverAdapterError = new DriverAdapterError({
    kind: 'postgres',
    // The engine replaces the message of the SQLSTATEs it has a wording of its own for; this text says more.
    code: 'XX000',
    severity,
    message,
    detail: undefined,
    column: undefined,
    hint: undefined,
  });
  return { code, text: `${severity}: ${message}`, driverAdapterError };
}

/**
 * @param {string} script
 * @param {number} position PostgreSQL's: in characters, from 1
 */
function linesAround(script, position) {
  const lines = script.split('\n');
  const before = [...script].slice(0, position - 1).join('');
  const last = before.split('\n').length;
  return lines
    .slice(Math.max(0, last - 1 - LINES_BEFORE), last)
    .map((line, index, shown) => `${String(last - shown.length + 1 + index).padStart(3)} ${line}`)
    .join('\n');
}
