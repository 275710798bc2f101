import { type Block, callout, code, moment, paragraph } from '../document.js';
import type { Evidence } from '../report.model.js';

/**
 * The honest beginning of a section about what was tried elsewhere: when, on what, or why there is nothing.
 *
 * @param command makes the evidence
 * @param describe tells what there is
 */
export function evidenceBlocks<T extends { madeAt: Date; postgres: string }>(
  evidence: Evidence<T>,
  command: string,
  describe: (value: T) => Block[],
): Block[] {
  switch (evidence.state) {
    case 'absent':
      return [callout('open', 'Not run on this machine', 'To run it here: ', code(command))];
    case 'unreadable':
      return [
        callout(
          'open',
          'Unreadable',
          'There is a result in ',
          code(evidence.file),
          `, but ${evidence.why}. To make it anew: `,
          code(command),
        ),
      ];
    case 'present':
      return [
        paragraph(
          `Made on ${moment(evidence.value.madeAt)} by `,
          code(command),
          ` on PostgreSQL ${withoutName(evidence.value.postgres)}, in scratch databases with the migrations of that checkout: not in the database of this report.`,
        ),
        ...describe(evidence.value),
      ];
  }
}

function withoutName(version: string): string {
  return version.replace(/^PostgreSQL /, '');
}
