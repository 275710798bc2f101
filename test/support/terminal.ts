import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type ProductOptions, type Program, ROOT, watch } from './product.js';

/**
 * Runs a program on a terminal of its own, made by `script` of util-linux, types `answer` and Enter when
 * it asks, and resolves to what stood on the screen.
 */
export async function answerOnTerminal(
  program: Program,
  args: readonly string[],
  answer: string,
  { cwd, env = {} }: ProductOptions,
): Promise<string> {
  const command = [process.execPath, join(ROOT, 'dist', program), ...args].join(' ');
  const running = watch(
    spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      cwd,
      env: { PATH: process.env.PATH, TERM: 'xterm', NO_COLOR: '1', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    }),
  );
  let answered = false;
  running.child.stdout?.on('data', () => {
    if (answered || !running.stdout().includes('[y/N]')) return;
    answered = true;
    running.child.stdin?.write(`${answer}\r`);
  });
  const timer = setTimeout(() => running.child.kill('SIGKILL'), 20_000);
  await running.ended;
  clearTimeout(timer);
  return running.stdout();
}
