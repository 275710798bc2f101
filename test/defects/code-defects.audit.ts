import type { CodeDefect } from './defect.js';

const AUDIT_TESTS = 'test/isolation-audit.test.ts';

/** The audit itself, and who listens to it. */
export const AUDIT_DEFECTS: readonly CodeDefect[] = [
  {
    name: 'the server starts whatever the audit has found',
    pitfall: 2,
    changes: [
      {
        file: 'src/start/database-readiness.ts',
        from: 'if (findings.length > 0) throw',
        to: 'if (findings.length > 1_000) throw',
      },
    ],
    tryFirst: { files: ['test/isolation-boot.test.ts'] },
  },
  {
    name: 'the audit takes a table of rows for one outside of all organizations',
    pitfall: 1,
    changes: [
      {
        file: 'src/tenancy/isolation-audit.expectation.ts',
        from: "'public._prisma_migrations',",
        to: "'public._prisma_migrations', 'public.tasks',",
      },
    ],
    tryFirst: { files: [AUDIT_TESTS], tests: 'row-level security switched off' },
  },
  {
    name: 'the audit does not mind an owner whom row-level security does not hold',
    pitfall: 1,
    changes: [
      {
        file: 'src/tenancy/isolation-audit.tables.ts',
        from: 'AND NOT relforcerowsecurity',
        to: 'AND relforcerowsecurity IS NULL',
      },
    ],
    tryFirst: { files: [AUDIT_TESTS], tests: 'does not hold the owner' },
  },
];
