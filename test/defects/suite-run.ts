import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { runNode } from './child-process.js';
import type { Selection } from './defect.js';
import { runFolder } from './run-folder.js';

/** What came of a part of the suite in a copy of the sources. Tests are told as `file › name`. */
export interface SuiteRun {
  passed: string[];
  /** Something was not as expected. */
  failed: string[];
  /** They waited until their time was over, and nothing else. */
  hung: string[];
  /** Files that could not be run at all. */
  broken: string[];
  /** Whether the run was killed because it took too long. */
  killed: boolean;
  /** The end of what it has printed. */
  output: string;
}

export interface SuiteRunOptions {
  /** After that it is killed, in milliseconds. */
  limitMs: number;
  /** Whether the first failed test ends it. */
  stopAtFailure: boolean;
}

// While the module is loaded: in between two tests, where concurrent ones begin, jest allows no import.
const { default: usualConfig } = (await import(
  resolve(import.meta.dirname, '..', '..', 'jest.config.js')
)) as { default: Record<string, unknown> };

/** Runs tests in a process of its own, on this run's PostgreSQL. */
export async function runSuite(
  root: string,
  { files, tests }: Selection,
  { limitMs, stopAtFailure }: SuiteRunOptions,
): Promise<SuiteRun> {
  const path = join(runFolder(), `tests-${randomBytes(6).toString('hex')}`);
  const config = `${path}.json`;
  await writeFile(config, JSON.stringify(childConfig(root, `${path}.log`, stopAtFailure)));
  const { killed, output } = await runNode(
    [
      ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
      join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
      ...['--config', config, '--runInBand', '--watchman=false'],
      // A defect may leave open what would keep the process waiting.
      '--forceExit',
      ...(tests === undefined ? [] : ['--testNamePattern', tests]),
      ...['--runTestsByPath', ...files],
    ],
    root,
    limitMs,
  );
  const lines = await readLog(`${path}.log`);
  await Promise.all([rm(config), rm(`${path}.log`, { force: true })]);
  const those = (outcome: Line['outcome']) =>
    lines
      .filter((line) => line.outcome === outcome)
      .map(({ file, name }) => [relative(root, file), name].filter(Boolean).join(' › '));
  const failed = those('failed');
  if (!killed && failed.length === 0 && those('complete').length === 0) {
    throw new Error(`The suite was not run to its end:\n${output}`);
  }
  return {
    passed: those('passed'),
    failed,
    hung: those('hung'),
    broken: those('broken'),
    killed,
    output,
  };
}

/**
 * Jest's own configuration, without a setup: the cluster and its migrated template are those of the run
 * that made the copy (ROWHOUSE_TEST_CLUSTER).
 */
function childConfig(root: string, path: string, stopAtFailure: boolean): object {
  const { globalSetup: _, globalTeardown: __, ...shared } = usualConfig;
  return {
    ...shared,
    rootDir: root,
    // All copies share one cache of transformed files.
    id: 'rowhouse-defects',
    reporters: ['summary', [join(root, 'test', 'defects', 'test-log.js'), { path, stopAtFailure }]],
  };
}

/** As test-log.js writes it. */
interface Line {
  file: string;
  name: string;
  outcome: 'passed' | 'failed' | 'hung' | 'broken' | 'complete' | 'pending';
}

async function readLog(path: string): Promise<Line[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
