import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { env as inheritedEnvironment } from 'node:process';
import { PROJECT_DIRECTORY } from './migration-files.js';

export interface PrismaResult {
  code: number;
  /** What went wrong, without the lines that every command begins with. */
  message: string;
}

/** Runs the Prisma CLI of this project, as `npx prisma …` would, on the given database. */
export function runPrisma(args: readonly string[], url: string): Promise<PrismaResult> {
  const manifest = createRequire(import.meta.url).resolve('prisma/package.json');
  const cli = join(dirname(manifest), 'build', 'index.js');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, ...args], {
      cwd: PROJECT_DIRECTORY,
      env: {
        ...inheritedEnvironment,
        MIGRATION_DATABASE_URL: url,
        CHECKPOINT_DISABLE: '1',
        NO_COLOR: '1',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.resume();
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const message = signal ? `It was ended by ${signal}.` : withoutPreamble(output);
      resolve({ code: code ?? 1, message });
    });
  });
}

function withoutPreamble(output: string): string {
  const said = output.replace(/^(Loaded Prisma config|Prisma schema loaded).*\n/gm, '');
  // From here on it is the schema engine's own trace of calls.
  return (said.split(/^\s+0: /m)[0] ?? '').trim();
}
