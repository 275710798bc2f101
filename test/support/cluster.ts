/** Where the global setup leaves what the test files need; they run in processes of their own. */
export const CLUSTER_VARIABLE = 'ROWHOUSE_TEST_CLUSTER';

/** The server that all test files share, as the global setup prepared it. */
export interface TestCluster {
  /** Of this run, and part of the name of each database that the run makes. */
  run: string;
  /** Database `postgres` (or the one in TEST_DATABASE_URL) as a superuser. */
  superuserUrl: string;
  passwords: { owner: string; app: string; backup: string };
  /** A migrated database to clone. It accepts no connections. */
  template: string;
  /** What cloning does not copy: the template's privileges, with `$database` for the clone's name. */
  privileges: string;
}

/** The cluster of this run, for test files. */
export function testCluster(): TestCluster {
  const value = process.env[CLUSTER_VARIABLE];
  if (value === undefined) {
    throw new Error(`${CLUSTER_VARIABLE} is not set: run the tests with jest's globalSetup.`);
  }
  return JSON.parse(value) as TestCluster;
}

/** The URL of another database on the same server, for another role when one is given. */
export function urlOf(url: string, database: string, role?: { name: string; password: string }) {
  const other = new URL(url);
  other.pathname = `/${database}`;
  if (role !== undefined) {
    other.username = role.name;
    other.password = role.password;
  }
  return other.href;
}
