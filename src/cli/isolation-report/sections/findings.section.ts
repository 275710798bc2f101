import { code, heading, paragraph, type Section, sql } from '../document.js';
import type { IsolationReport } from '../report.model.js';

/** @returns no section when nothing was found */
export function findingsSections({ findings }: IsolationReport): Section[] {
  if (findings.length === 0) return [];
  return [
    {
      id: 'findings',
      title: 'Findings',
      blocks: [
        paragraph('What is wrong, and what mends it. Understand a remedy before you run it.'),
        ...findings.flatMap(({ check, pitfall, object, problem, remedy }) => [
          heading(code(object)),
          paragraph(problem, ' (', code(check), `, pitfall ${pitfall})`),
          sql('Remedy', remedy),
        ]),
      ],
    },
  ];
}
