import type { Policy } from '../../tenancy/index.js';

/**
 * The policy as the SQL that would make it.
 *
 * @param table with its schema
 */
export function policyStatement(table: string, policy: Policy): string {
  const { name, isPermissive, command, roles, using, withCheck } = policy;
  const lines = [
    `CREATE POLICY ${identifier(name)} ON ${table}`,
    `AS ${isPermissive ? 'PERMISSIVE' : 'RESTRICTIVE'} FOR ${command} TO ${roles.join(', ')}`,
    ...(using === null ? [] : [`USING ${parenthesized(using)}`]),
    ...(withCheck === null ? [] : [`WITH CHECK ${parenthesized(withCheck)}`]),
  ];
  return `${lines.join('\n  ')};`;
}

/** PostgreSQL prints most expressions in parentheses of their own. */
function parenthesized(expression: string): string {
  return expression.startsWith('(') && expression.endsWith(')') ? expression : `(${expression})`;
}

function identifier(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
