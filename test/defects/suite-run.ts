import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Selection } from './defect.js';
import { runFolder } from './run-folder.js';

/** What came of a part of the suite in a copy of the sources. */
export interface SuiteRun {
  passed: number;
  /** Tests in which something was not as expected: `file › name`. */
  failed: string[];
  /** Tests that waited for something until their time was over, and nothing else. */
  hung: string[];
  /** Files that could not be run at all. */
  broken: string[];
  /** Whether it was ended because it took too long. */
  ended: boolean;
  /** The end of what it has printed. */
  output: string;
}

/**
 * Runs tests in a process of its own, on this run's PostgreSQL.
 *
 * Not with `--bail`: jest then leaves without having written its report.
 *
 * @param limitMs after that it is killed
 */
export async function runSuite(
  root: string,
  { files, tests }: Selection,
  limitMs: number,
): Promise<SuiteRun> {
  const results = join(runFolder(), `results-${randomBytes(6).toString('hex')}.json`);
  const args = [
    ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    ...['--import', join(root, 'test', 'defects', 'end-with-parent.js')],
    join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
    ...['--config', join(root, 'test', 'defects', 'child.jest.config.js')],
    ...['--runInBand', '--watchman=false', '--json', '--outputFile', results],
    ...(tests === undefined ? [] : ['--testNamePattern', tests]),
    ...['--runTestsByPath', ...files],
  ];
  const { ended, output } = await runNode(args, root, limitMs);
  const report = await readReport(results);
  if (!report && !ended) throw new Error(`The suite could not be started:\n${output}`);
  return { ...summarized(report?.testResults ?? [], root), ended, output };
}

/** What `runNode` has to say about a process that has ended. */
export interface Ended {
  code: number | null;
  /** Whether it had to be killed. */
  ended: boolean;
  output: string;
}

/** Runs Node to its end. It ends with this process, however that ends. */
export function runNode(args: readonly string[], cwd: string, limitMs: number): Promise<Ended> {
  const { JEST_WORKER_ID: _, ...env } = process.env;
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  const collect = (chunk: Buffer) => {
    output = `${output}${chunk}`.slice(-OUTPUT_KEPT);
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  return new Promise((resolve, reject) => {
    let ended = false;
    const timer = setTimeout(() => {
      ended = true;
      child.kill('SIGKILL');
    }, limitMs);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, ended, output });
    });
  });
}

const OUTPUT_KEPT = 4_000;

/** The part of jest's report that is looked at, https://jestjs.io/docs/cli#--json. */
interface Report {
  testResults: FileResult[];
}

interface FileResult {
  name: string;
  status: string;
  assertionResults: { status: string; fullName: string; failureMessages: string[] }[];
}

async function readReport(path: string): Promise<Report | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  } finally {
    await rm(path, { force: true });
  }
}

function summarized(results: FileResult[], root: string) {
  const run = { passed: 0, failed: [] as string[], hung: [] as string[], broken: [] as string[] };
  for (const { name, status, assertionResults } of results) {
    const file = relative(root, name);
    const failed = assertionResults.filter((result) => result.status === 'failed');
    run.passed += assertionResults.filter((result) => result.status === 'passed').length;
    if (status === 'failed' && failed.length === 0) run.broken.push(file);
    for (const { fullName, failureMessages } of failed) {
      const where = failureMessages.every(isTimeout) ? run.hung : run.failed;
      where.push(`${file} › ${fullName}`);
    }
  }
  return run;
}

/** jest's own words. A busy machine can bring them about as well, so they prove nothing by themselves. */
function isTimeout(message: string): boolean {
  return /Exceeded timeout of [\d,.]+ ms/.test(message);
}
