import config from './jest.config.js';

/**
 * `npm run test:defects`: whether the isolation suite and the audit would notice, see test/defects/defect.ts.
 *
 * @type {import('jest').Config}
 */
export default {
  ...config,
  roots: ['<rootDir>/test/defects'],
  testMatch: ['**/*.defects.ts'],
  globalSetup: './test/defects/global-setup.ts',
  globalTeardown: './test/defects/global-teardown.ts',
  // One file after the other, two defects at a time: what they start needs the processors.
  maxWorkers: 1,
  workerIdleMemoryLimit: undefined,
  maxConcurrency: 2,
  testTimeout: 2_000_000,
};
