import type { Policy } from '../../../tenancy/index.js';
import { code, codes, paragraph, type Section, type Text, table } from '../document.js';
import type { IsolationReport } from '../report.model.js';

export function policiesSection({ boundary: { tables } }: IsolationReport): Section {
  const policies = tables.flatMap(({ name, policies }) =>
    policies.map((policy) => ({ table: name, ...policy })),
  );
  return {
    id: 'policies',
    title: 'Policies',
    blocks: [
      paragraph(
        'A role sees a row when at least one permissive policy for that role lets it through, and every restrictive one as well. A role without a policy sees no row. So a second permissive policy can only widen what is seen, and a restrictive one can only narrow it.',
      ),
      table(
        'All policies',
        ['Table', 'Policy', 'Kind', 'To', 'Rows seen', 'Rows written'],
        policies.map((policy) => [
          code(policy.table),
          code(policy.name),
          `${policy.isPermissive ? 'permissive' : 'restrictive'}, ${policy.command}`,
          codes(policy.roles),
          policy.using === null ? '–' : code(policy.using),
          written(policy),
        ]),
      ),
    ],
  };
}

/** Without a condition of its own, what may be written is what is seen (CREATE POLICY, WITH CHECK). */
function written({ command, using, withCheck }: Policy): Text {
  if (command === 'SELECT' || command === 'DELETE') return '–';
  return withCheck === null || withCheck === using ? 'the same' : code(withCheck);
}
