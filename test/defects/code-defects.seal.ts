import type { CodeDefect } from './defect.js';

const SEAL = 'src/tenancy/context-seal.ts';
const POOL = 'src/tenancy/connection-pool.ts';
const TESTS = 'test/isolation-seal.test.ts';

/** The proof, for the database, that the server has set the organization. */
export const SEAL_DEFECTS: readonly CodeDefect[] = [
  {
    name: 'contexts carry no seal',
    pitfall: 29,
    changes: [
      {
        file: POOL,
        from: 'return contextStatements(tenant, this.backend && this.seal?.make(tenant, this.backend));',
        to: 'return contextStatements(tenant);',
      },
    ],
    tryFirst: { files: [TESTS], tests: 'the product on a sealed database' },
  },
  {
    name: 'a connection never asks whether its seals are accepted',
    pitfall: 29,
    changes: [
      {
        file: POOL,
        from: 'if (!this.seal) return false;',
        to: 'if (!this.seal || this.#sealCheckedAt < 0) return false;',
      },
    ],
    tryFirst: { files: [TESTS], tests: 'that were retired' },
  },
  {
    name: 'a seal is good for years',
    pitfall: 29,
    changes: [
      { file: SEAL, from: 'LIFETIME_SECONDS = 60;', to: 'LIFETIME_SECONDS = 100_000_000;' },
    ],
    tryFirst: { files: [TESTS], tests: 'when it has expired' },
  },
];
