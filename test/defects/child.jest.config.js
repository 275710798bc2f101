import config from '../../jest.config.js';

const { globalSetup, globalTeardown, ...shared } = config;

/**
 * For the isolation suite in a copy of the sources: without a setup, because the cluster and its migrated
 * template are those of the run that made the copy (ROWHOUSE_TEST_CLUSTER).
 *
 * @type {import('jest').Config}
 */
export default {
  ...shared,
  rootDir: '../..',
  // All copies share one cache of transformed files.
  id: 'rowhouse-defects',
};
