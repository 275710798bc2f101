import { spawn } from 'node:child_process';
import { join } from 'node:path';

const OUTPUT_KEPT = 6_000;

/** How a process came to its end. */
export interface Ending {
  code: number | null;
  /** Whether it was killed because its time was over. */
  killed: boolean;
  /** The end of what it has printed. */
  output: string;
}

/** Runs Node to its end, which comes at the latest with the end of this process. */
export function runNode(args: readonly string[], cwd: string, limitMs: number): Promise<Ending> {
  // Of jest's worker, which the child isn't.
  const { JEST_WORKER_ID: _, ...env } = process.env;
  const preloaded = join(import.meta.dirname, 'end-with-parent.js');
  const child = spawn(process.execPath, ['--import', preloaded, ...args], {
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
    let killed = false;
    const timer = setTimeout(() => {
      killed = true;
      child.kill('SIGKILL');
    }, limitMs);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, killed, output });
    });
  });
}
