import { AUDIT_DEFECTS } from './code-defects.audit.js';
import { COMMERCE_DEFECTS } from './code-defects.commerce.js';
import { IDENTITY_DEFECTS } from './code-defects.identity.js';
import { POOL_DEFECTS } from './code-defects.pool.js';
import { SEAL_DEFECTS } from './code-defects.seal.js';
import { SERVER_DEFECTS } from './code-defects.server.js';
import { TRANSACTION_DEFECTS } from './code-defects.transaction.js';
import { WORK_DEFECTS } from './code-defects.work.js';
import type { CodeDefect } from './defect.js';

/** Holes in the code, from the connection up to the answer. */
export const CODE_DEFECTS: readonly CodeDefect[] = [
  ...POOL_DEFECTS,
  ...TRANSACTION_DEFECTS,
  ...SEAL_DEFECTS,
  ...IDENTITY_DEFECTS,
  ...WORK_DEFECTS,
  ...SERVER_DEFECTS,
  ...COMMERCE_DEFECTS,
  ...AUDIT_DEFECTS,
];
