import { code, paragraph, type Section, type Text, table } from '../document.js';
import type { IsolationReport } from '../report.model.js';

/** @returns no section when nothing was found */
export function findingsSections({ findings }: IsolationReport): Section[] {
  if (findings.length === 0) return [];
  const rows = findings.map(({ check, object, problem, remedy }): Text[] => [
    code(object),
    problem,
    code(remedy),
    code(check),
  ]);
  return [
    {
      id: 'findings',
      title: 'Findings',
      blocks: [
        paragraph(
          'What is wrong, and what mends it. A remedy is to be understood before it is run.',
        ),
        table('Findings', ['Object', 'Problem', 'Remedy', 'Check'], rows),
      ],
    },
  ];
}
