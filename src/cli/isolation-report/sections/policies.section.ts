import { code, codes, paragraph, type Section, table } from '../document.js';
import type { IsolationReport } from '../report.model.js';

export function policiesSection({ tables }: IsolationReport): Section {
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
        ['Table', 'Policy', 'Kind', 'For', 'To', 'Rows that are seen', 'Rows that may be written'],
        policies.map((policy) => [
          code(policy.table),
          code(policy.name),
          policy.isPermissive ? 'permissive' : 'restrictive',
          policy.command,
          codes(policy.roles),
          policy.using === null ? '–' : code(policy.using),
          policy.withCheck === null ? '–' : code(policy.withCheck),
        ]),
      ),
    ],
  };
}
