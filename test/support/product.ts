import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { withFileLock } from '../../src/embedded-postgres/file-lock.js';

/** Programs of the built product, below `dist/`. */
export type Program = 'main.js' | 'cli/db.js' | 'cli/organizations.js' | 'cli/audit-isolation.js';

export const ROOT = resolve(import.meta.dirname, '..', '..');

/** What the programs may know of the machine: no setting of the developer's reaches them. */
const MACHINE = {
  PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
  HOME: tmpdir(),
  NO_COLOR: '1',
};

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A program that runs, and what it has printed up to now. */
export interface Running {
  child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Resolves when it has ended and nothing of its output is missing. */
  ended: Promise<Outcome>;
}

/** Outside `dist/`: a file that comes and goes there would break a copy of it. */
const CACHE = join(ROOT, 'node_modules', '.cache');

/**
 * Brings `dist/` up to date, as `npm start` does; half a second when it is. Test files run at the same
 * time, so one at a time.
 */
export async function buildProduct(): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  await withFileLock(join(CACHE, 'rowhouse-build.lock'), async () => {
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const { code, stdout } = await start([tsc, '-p', 'tsconfig.build.json'], { cwd: ROOT }).ended;
    if (code !== 0) throw new Error(`The build failed:\n${stdout}`);
  });
}

export interface ProductOptions {
  /** Current folder, where `.rowhouse` and `.env` are looked for. */
  cwd: string;
  env?: Record<string, string>;
  /** Where the product stands; the repository when left out. */
  root?: string;
}

/** Starts a program of the built product. */
export function startProduct(
  program: Program,
  args: readonly string[],
  { cwd, env = {}, root = ROOT }: ProductOptions,
): Running {
  const script = join(root, 'dist', program);
  return start(['--enable-source-maps', script, ...args], { cwd, env: { ...MACHINE, ...env } });
}

/** Runs a program of the built product to its end. */
export function runProduct(
  program: Program,
  args: readonly string[],
  options: ProductOptions,
): Promise<Outcome> {
  return startProduct(program, args, options).ended;
}

/** Starts Node in a process group of its own, as a terminal does. */
function start(args: readonly string[], options: SpawnOptions): Running {
  return watch(
    spawn(process.execPath, args, {
      ...options,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
}

/** Collects what a child prints. */
export function watch(child: ChildProcess): Running {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
}

/** Waits until a program has printed something; when it ends before, that is the failure. */
export async function untilPrinted(running: Running, text: RegExp): Promise<void> {
  let outcome: Outcome | undefined;
  running.ended.then((ended) => {
    outcome = ended;
  });
  while (!text.test(running.stdout())) {
    if (outcome) throw new Error(`It ended:\n${outcome.stdout}\n${outcome.stderr}`);
    await delay(10);
  }
}

/** A folder for one test, and what removes it. */
export async function temporaryFolder(): Promise<{
  path: string;
  [Symbol.asyncDispose](): Promise<void>;
}> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'rowhouse-product-')));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A copy of the built product whose migrations a test can change. */
export async function copyProduct(target: string): Promise<void> {
  for (const name of ['dist', 'prisma', 'prisma.config.ts', 'package.json']) {
    await cp(join(ROOT, name), join(target, name), { recursive: true });
  }
  await symlink(join(ROOT, 'node_modules'), join(target, 'node_modules'), 'dir');
}
